import { fileURLToPath } from 'node:url';

/** The part of a `.cpuprofile` that is read here; times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** `package/file:line`, for humans. */
  readonly place: string;
  /** The package, `node` for its own JavaScript, or `engine` for what is not JavaScript. */
  readonly group: string;
  readonly micros: number;
}

/** What each function took itself in the last seconds of a profile, the dearest first. */
export function selfTimes(profile: CpuProfile, lastSeconds: number): SelfTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const total = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  const begin = total - lastSeconds * 1e6;
  const times = new Map<string, SelfTime>();
  let now = 0;
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] as number;
    now += delta;
    const frame = frames.get(id);
    if (now < begin || frame === undefined || frame.functionName === '(idle)') continue;
    const { group, file } = locate(frame.url);
    const place = file === '' ? '' : `${file}:${frame.lineNumber + 1}`;
    const name = frame.functionName || '(anonymous)';
    const key = `${name} ${place}`;
    const micros = (times.get(key)?.micros ?? 0) + delta;
    times.set(key, { name, place, group, micros });
  }
  return [...times.values()].sort((a, b) => b.micros - a.micros);
}

/** The same by package. */
export function groupOf(times: readonly SelfTime[]): [string, number][] {
  const groups = new Map<string, number>();
  for (const { group, micros } of times) groups.set(group, (groups.get(group) ?? 0) + micros);
  return [...groups].sort(([, a], [, b]) => b - a);
}

const checkout = fileURLToPath(new URL('../../', import.meta.url));

function locate(url: string): { group: string; file: string } {
  if (url === '') return { group: 'engine', file: '' };
  if (url.startsWith('node:')) return { group: 'node', file: url };
  if (url.startsWith('wasm:')) return { group: 'wasm', file: url };
  const path = url.replace(/^file:\/\//, '');
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path);
  if (installed) return { group: installed[1] as string, file: `${installed[1]}/${installed[2]}` };
  const file = path.replace(checkout, '');
  return { group: file.split('/').slice(0, 2).join('/'), file };
}
