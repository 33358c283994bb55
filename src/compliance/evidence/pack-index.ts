import { approversOf } from '../../registry/approvals/approval.js';
import type { Digest } from '../../util/digest.js';
import type { ComplianceFacts } from '../checks/facts.js';

/** What an evidence pack holds: `index.json`, which is signed. */
export interface PackIndex {
  readonly format: 'bondx-evidence-pack/1';
  readonly modelName: string;
  readonly version: string;
  /** Digest of the version's files. */
  readonly artifacts: Digest;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly policyDigest: Digest;
  /** The part of the audit trail in `audit/records.jsonl`. */
  readonly audit?: {
    readonly from: number;
    readonly records: number;
    readonly concerned: number;
    readonly head: Digest;
  };
  readonly files: readonly {
    readonly path: string;
    readonly what: string;
    readonly digest: Digest;
    /** Bytes. */
    readonly size: number;
  }[];
}

/** The index for people, in Markdown. */
export function renderIndex(index: PackIndex, facts: ComplianceFacts): string {
  const { version, history, approvals } = facts;
  const events = history.filter((event) => event.version === version.version);
  return [
    `# Evidence of ${cell(index.modelName)} ${index.version}`,
    '',
    `Made on ${index.createdAt} by ${cell(index.createdBy)}. Files of the version: \`${index.artifacts}\`.`,
    '',
    'Verify: `node verify-evidence-pack.mjs PACK.tar`, with a copy of the script that did not come with the pack.',
    '',
    '## What happened',
    '',
    row(['when', 'who', 'what', 'why']),
    row(['---', '---', '---', '---']),
    ...events.map(({ at, by, kind, from, to, reason }) =>
      row([at, by, `${kind} ${from === undefined ? '' : `${from} → `}${to}`, reason ?? '']),
    ),
    '',
    '## Approvals',
    '',
    row(['request', 'asked by', 'approved by', 'bound to', 'ended as']),
    row(['---', '---', '---', '---', '---']),
    ...approvals.map((request) =>
      row([
        request.requestId,
        request.requestedBy,
        approversOf(request).join(', '),
        request.binding.artifacts,
        request.closed?.as ?? 'not ended',
      ]),
    ),
    '',
    '## Files',
    '',
    row(['file', 'what', 'bytes', 'digest']),
    row(['---', '---', '---', '---']),
    ...index.files.map(({ path, what, size, digest }) => row([path, what, String(size), digest])),
    '',
  ].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

/** Texts of users cannot end a cell, begin markup or move a cursor. */
const cell = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').replace(/[\\|<>[\]`*_#]/g, (c) => `\\${c}`);
