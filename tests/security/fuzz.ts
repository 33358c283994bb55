import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MLOpsConfig,
  MLOpsError,
  MemoryArtifactStore,
  MemoryStorage,
  parseFilter,
  readCsv,
  verifyEvidencePack,
} from '@bondx/mlops';
import { writeTar } from '../../src/compliance/evidence/write-tar.js';
import { effectivePolicy } from '../../src/config/effective-policy.js';
import { readPolicyDocument } from '../../src/config/policy-document.js';
import { decodePolicy } from '../../src/config/policy-text.js';
import { authenticate } from '../../src/governance/access/authenticate.js';
import { type Random, createRandom } from '../../src/util/random.js';

/** A parser under test: what it takes, valid inputs to begin from, and the words of its grammar. */
interface Target {
  readonly parse: (input: Buffer) => unknown;
  readonly seeds: readonly (string | Uint8Array)[];
  readonly words: readonly string[];
}

/** What became of the inputs of one parser. */
export interface FuzzResult {
  readonly parser: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  /** Milliseconds a KiB, at least one KiB, of the slowest input. */
  readonly slowest: number;
  /** Inputs, shortened, that failed with anything but a typed error, took over 50 ms a KiB, or polluted a prototype. */
  readonly faults: readonly string[];
}

const msPerKib = 50;
const nasty = [
  '__proto__',
  'constructor',
  'prototype',
  '\u0000',
  '\u2028',
  '\r\n',
  '\ud800',
  '"',
  "'",
  '\\',
  '𝔘',
  '1e999',
  '-0',
  'NaN',
  '../',
  ' '.repeat(40),
  '('.repeat(30),
  '[['.repeat(20),
];

/** Runs every parser on so many inputs: valid ones mutated with the words of their grammar, and random bytes. Seeded. */
export async function fuzzParsers(count: number, seed: number, only?: string): Promise<readonly FuzzResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bondx-fuzz-'));
  try {
    const results: FuzzResult[] = [];
    for (const [parser, target] of Object.entries(targets(folder))) {
      if (only === undefined || only === parser) results.push(await fuzz(parser, target, count, createRandom(seed)));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fuzz(parser: string, target: Target, count: number, random: Random): Promise<FuzzResult> {
  const properties = Object.getOwnPropertyNames(Object.prototype).length;
  const faults: string[] = [];
  let [accepted, slowest] = [0, 0];
  for (let i = 0; i < count; i++) {
    const input = i % 5 === 4 ? randomBytes(random) : mutate(target, random);
    const budget = msPerKib * Math.max(1, input.length / 1024);
    let took = Infinity;
    // A pause of the machine is not the parser's: only what is slow every time counts.
    for (let attempt = 0; attempt < 3 && took > budget; attempt++) {
      const began = performance.now();
      try {
        await target.parse(input);
        if (attempt === 0) accepted++;
      } catch (error) {
        if (!(error instanceof MLOpsError) || error.code === 'INTERNAL')
          faults.push(`${String(error)}: ${show(input)}`);
      }
      took = Math.min(took, performance.now() - began);
    }
    slowest = Math.max(slowest, (took * msPerKib) / budget);
    if (took > budget) faults.push(`${Math.round(took)} ms: ${show(input)}`);
    if (Object.getOwnPropertyNames(Object.prototype).length !== properties) faults.push(`pollution: ${show(input)}`);
  }
  return { parser, inputs: count, accepted, refused: count - accepted, slowest, faults };
}

const show = (input: Buffer): string => JSON.stringify(input.toString('latin1').slice(0, 200));
const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random.next() * items.length)]!;

function randomBytes(random: Random): Buffer {
  return Buffer.from(
    Array.from({ length: Math.floor(random.next() ** 3 * 600) }, () => Math.floor(random.next() * 256)),
  );
}

function mutate({ seeds, words }: Target, random: Random): Buffer {
  let bytes = Buffer.from(pick(seeds, random));
  for (let left = Math.floor(random.next() * 5); left >= 0; left--) {
    const at = Math.floor(random.next() * (bytes.length + 1));
    const length = Math.floor(random.next() ** 2 * 40);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    const word = Buffer.from(pick(random.next() < 0.8 ? words : nasty, random));
    const kind = Math.floor(random.next() * 5);
    if (kind === 0) bytes = Buffer.concat([head, word, tail]);
    else if (kind === 1) bytes = Buffer.concat([head, tail.subarray(length)]);
    else if (kind === 2) bytes = Buffer.concat([head, word, tail.subarray(word.length)]);
    else if (kind === 3) bytes = Buffer.concat([head, head.subarray(-length), tail]);
    else if (at < bytes.length) bytes[at]! ^= 1 << Math.floor(random.next() * 8);
  }
  return bytes;
}

function targets(folder: string): Readonly<Record<string, Target>> {
  return {
    policy: policyTarget(),
    filter: filterTarget(),
    csv: csvTarget(join(folder, 'rows.csv')),
    tokens: tokenTarget(),
    'evidence pack': packTarget(),
  };
}

function policyTarget(): Target {
  return {
    parse: (input) => {
      const { content, problems } = readPolicyDocument(decodePolicy(input, 'policy.yaml'), 'policy.yaml');
      return effectivePolicy({ content, problems, spelling: 'snake', environment: {}, name: 'policy.yaml' });
    },
    seeds: [
      'seed: 1\ndrift: { psi_threshold: 0.2 }\n',
      'models:\n  spread:\n    feature_columns: [a, b]\n    hyperparameters: { max_depth: 3 }\n',
      'security:\n  regulatory_frameworks: [Basel III]\naccess:\n  bindings:\n    - { principal: ada, role: admin }\n',
      'canary:\n  steps: [{ traffic: 0.1, hours: 2 }]\n',
    ],
    words: [
      '&a ',
      '*a',
      '<<: ',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '- ',
      '\n',
      '  ',
      '|',
      '>',
      '!!js/function',
      '? ',
      '---',
      '#',
      '0.1',
      '1e3',
      'true',
      'null',
      'models',
      'access',
      '"',
      "'",
    ],
  };
}

const filterTarget = (): Target => ({
  parse: (input) => parseFilter(input.toString('utf8')),
  seeds: [
    "metrics.mae < 2 and tags.team = 'rates'",
    "not (params.a in ('x', 'y') or name like 'a%')",
    'metrics."a b".min >= -1e3',
  ],
  words: [
    ' and ',
    ' or ',
    ' not ',
    '(',
    ')',
    "'",
    '"',
    '`',
    '<=',
    '!=',
    ' in ',
    ' like ',
    ' ilike ',
    ' is null',
    'metrics.',
    'tags.',
    '.',
    ',',
    '%',
    '1e308',
    '-',
  ],
});

const csvTarget = (path: string): Target => ({
  parse: (input) => {
    writeFileSync(path, input);
    return readCsv(path);
  },
  seeds: ['a,b,c\n1,2,x\n3,,"y, z"\n', 'date;v\n2020-01-31;-1.5\n', 'x\r\n"a""b"\r\n', '\ufeffa,b\n=1+1,@x\n'],
  words: [',', '\n', '\r\n', '"', '""', ';', '\t', '1e5', '-', '2020-02-30', 'NaN', 'a,b', ',,,', '\ufeff'],
});

function tokenTarget(): Target {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const access = {
    jwt: { issuer: 'https://i', audience: 'bondx', algorithms: ['EdDSA' as const], publicKeyFile: 'nokey.pem' },
  };
  const config = MLOpsConfig.fromObject({ access }, { environment: {} });
  const stores = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
  return {
    parse: (input) => authenticate(config, { ...stores, token: input.toString('utf8') }),
    seeds: [
      `bondx_${'ab'.repeat(16)}_${'x'.repeat(43)}`,
      `${part({ alg: 'none' })}.${part({ sub: 'ada', exp: 4e9 })}.`,
      `${part({ alg: 'EdDSA', kid: '__proto__' })}.${part({ iss: 'https://i', aud: 'bondx', sub: 'ada' })}.${'A'.repeat(86)}`,
    ],
    words: [
      '.',
      '..',
      'bondx_',
      '_',
      '=',
      'eyJ',
      part({ alg: 'HS256' }),
      part({ crit: ['b64'] }),
      part([]),
      part(null),
      'Bearer ',
    ],
  };
}

/** Whatever the bytes are, the verifier answers; only the pack itself is sound. */
function packTarget(): Target {
  const bytes = Buffer.from('{"files":[]}\n');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const index = {
    format: 'bondx-evidence-pack/1',
    files: [{ path: 'records/version.json', digest, size: bytes.length }],
  };
  const files = [
    { path: 'index.json', bytes: Buffer.from(JSON.stringify(index)) },
    { path: 'signature.json', bytes: Buffer.from('{"keyId":"k","publicKey":"x","signature":"eA=="}') },
    { path: 'records/version.json', bytes },
  ];
  const small = (path: string, text: string): Uint8Array => writeTar([{ path, bytes: Buffer.from(text) }]);
  return {
    parse: async (input) => {
      const { status } = await verifyEvidencePack(input);
      if (status === 'ok') throw new Error('a pack without a sound signature was called sound');
    },
    seeds: [
      writeTar(files),
      small('index.json', '{"format":"bondx-evidence-pack/1","files":[null]}'),
      small('index.json', 'null'),
      writeTar([]),
    ],
    words: [
      '\u0000'.repeat(8),
      'ustar',
      '00000000777',
      '../../etc/passwd',
      'index.json',
      '{"__proto__":{"x":1}}',
      '"files":',
      '[',
      ']',
      '{',
      '}',
      'null',
      '1e99',
      '\u0000'.repeat(512),
    ],
  };
}
