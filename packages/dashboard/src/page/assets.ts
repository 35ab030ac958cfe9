import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { ApiError } from '../http/api-error.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A file of the page, as it is sent, by content coding. */
export interface Asset {
  readonly type: string;
  readonly identity: Buffer;
  readonly br?: Buffer;
  readonly gzip?: Buffer;
}

/** The page as the bundler has left it: `index.html`, and what it needs in `assets`. */
export class Assets {
  readonly #directory: URL;
  #loading: Promise<ReadonlyMap<string, Asset>> | undefined;

  /** @param directory ends with a slash */
  constructor(directory: URL) {
    this.#directory = directory;
  }

  /** @throws ApiError `page_not_built` */
  async page(): Promise<Asset> {
    const page = (await this.#files()).get('index.html');
    if (page === undefined) throw notBuilt();
    return page;
  }

  /** @throws ApiError `not_found`, `page_not_built` */
  async asset(name: string): Promise<Asset> {
    const asset = (await this.#files()).get(`assets/${name}`);
    if (asset === undefined) throw new ApiError('not_found', 'the page has no such file');
    return asset;
  }

  /** Read when they are first asked for, and kept; those that are not there are looked for again. */
  async #files(): Promise<ReadonlyMap<string, Asset>> {
    this.#loading ??= this.#load();
    try {
      return await this.#loading;
    } catch {
      this.#loading = undefined;
      throw notBuilt();
    }
  }

  async #load(): Promise<ReadonlyMap<string, Asset>> {
    const names = await readdir(new URL('assets/', this.#directory));
    const files = ['index.html', ...names.map((name) => `assets/${name}`)];
    const known = files.filter((file) => extname(file) in TYPES);
    const assets = await Promise.all(
      known.map(async (file) => {
        const type = TYPES[extname(file)] as string;
        const identity = await readFile(new URL(file, this.#directory));
        return [file, { type, identity, ...(await compressed(type, identity)) }] as const;
      }),
    );
    return new Map(assets);
  }
}

function notBuilt(): ApiError {
  return new ApiError('page_not_built', 'the page is not built; the API works without it');
}

async function compressed(type: string, identity: Buffer): Promise<Pick<Asset, 'br' | 'gzip'>> {
  if (type.startsWith('font/')) return {};
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(identity),
    promisify(gzip)(identity),
  ]);
  return { br, gzip: zipped };
}
