/** Each has a shape of its own, so that colour is not the only sign. */
const SHAPES = {
  good: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm3 4.3-3.7 4a.7.7 0 0 1-1 0L4.8 8.8l1-1 1 1L10 5.3Z',
  bad: 'M5.3 2h5.4L14 5.3v5.4L10.7 14H5.3L2 10.7V5.3Zm.9 3L5 6.2 6.8 8 5 9.8 6.2 11 8 9.2 9.8 11 11 9.8 9.2 8 11 6.2 9.8 5 8 6.8Z',
  warning: 'M8 1.8 15 14H1Zm-.8 4.4.2 4h1.2l.2-4ZM8 11a.9.9 0 1 0 0 1.8A.9.9 0 0 0 8 11Z',
  idle: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 1.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8Z',
  leaving: 'M2 7h7.2L6.6 4.4l1.2-1.2L12.6 8l-4.8 4.8-1.2-1.2L9.2 9H2Z',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill-rule="evenodd" />
    </svg>
  );
}

/** A state, as a shape and in words. */
export function State({ icon, text }: { readonly icon: IconName; readonly text: string }) {
  return (
    <span class={`state ${icon}`}>
      <Icon name={icon} />
      <span>{text}</span>
    </span>
  );
}
