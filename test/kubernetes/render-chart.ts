import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { pathOf } from './tools.ts';

/** What `helm install <release> <chart> --namespace <namespace> --values <values>` is told. */
export interface Installation {
  readonly release: string;
  readonly namespace: string;
  readonly values: object;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: tests reach deep into it, and it is validated before.
  readonly [field: string]: any;
}

export interface Rendered {
  readonly manifests: readonly Manifest[];
  readonly notes: string;
  readonly error: string | undefined;
}

export interface ChartRenderer {
  render(installations: readonly Installation[]): Rendered[];
  dispose(): void;
}

/** Compiles the Go program that renders the chart. */
export function chartRenderer(chart: string): ChartRenderer {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-chart-'));
  const program = join(directory, 'helm-template');
  execFileSync(pathOf('go'), ['build', '-o', program, 'main.go'], {
    cwd: join(import.meta.dirname, 'helm-template'),
    // Debian's packages are sources for GOPATH; no module is downloaded.
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' },
  });
  return {
    render(installations) {
      const input = JSON.stringify(installations);
      const output = execFileSync(program, [chart], { input, maxBuffer: 64 * 1_024 * 1_024 });
      return (JSON.parse(output.toString()) as Printed[]).map(read);
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  };
}

interface Printed {
  readonly manifests?: Readonly<Record<string, string>>;
  readonly error?: string;
}

function read({ manifests = {}, error }: Printed): Rendered {
  const { 'templates/NOTES.txt': notes = '', ...templates } = manifests;
  const documents = Object.values(templates).flatMap((text) => parseAllDocuments(text));
  const broken = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (broken.length > 0) throw new AggregateError(broken, 'a manifest is not YAML');
  const contents = documents.map((document) => document.toJS() as Manifest | null);
  return { manifests: contents.filter((content) => content !== null), notes, error };
}
