import { checkStorageName, invalid } from './storage-name.js';

/** The last item that a page of a dump showed; empty strings come before everything. */
export type DumpPosition =
  | { readonly part: 'records'; readonly collection: string; readonly id: string }
  | { readonly part: 'streams'; readonly stream: string; readonly first: number };

export const dumpStart: DumpPosition = { part: 'records', collection: '', id: '' };
export const streamsStart: DumpPosition = { part: 'streams', stream: '', first: -1 };

export function encodeDumpCursor(position: DumpPosition): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** @throws MLOpsError `INVALID_INPUT` for what is no cursor of a dump */
export function decodeDumpCursor(cursor: unknown): DumpPosition {
  if (cursor === undefined) return dumpStart;
  try {
    const position = JSON.parse(Buffer.from(cursor as string, 'base64url').toString('utf8')) as DumpPosition;
    if (position.part === 'streams' && (position.stream === '' || checkStorageName(position.stream, 'stream'))) {
      if (Number.isSafeInteger(position.first)) return position;
    }
    if (position.part === 'records') {
      checkStorageName(position.collection, 'collection');
      checkStorageName(position.id, 'id');
      return position;
    }
  } catch {
    // told below
  }
  throw invalid('the cursor is none that a dump returned');
}
