/** What is read of a dashboard of Grafana's. */
export interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

export interface PanelQuery {
  readonly panel: string;
  readonly expr: string;
  readonly legend: string;
}

export function queriesOf({ panels }: Dashboard): PanelQuery[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ panel: title, expr, legend: legendFormat })),
  );
}
