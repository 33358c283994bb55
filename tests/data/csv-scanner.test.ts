import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CsvScanner } from '../../src/data/csv-scanner.js';

function scan(pieces: readonly string[], delimiter = ','): string[][] {
  const records: string[][] = [];
  const scanner = new CsvScanner('data.csv', delimiter);
  for (const piece of pieces) scanner.write(piece, (cells) => records.push(cells));
  scanner.end((cells) => records.push(cells));
  return records;
}

const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', 'é', '😀'), maxLength: 6 });
const quoteAlways = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const quoteIfNeeded = (text: string): string => (/[",\n\r]/.test(text) || text === '' ? quoteAlways(text) : text);

describe('CsvScanner', () => {
  it('gives back what was written, however the text is cut into pieces', () => {
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(
        table,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(60)),
        (records, end, all, cuts) => {
          const text = records.map((record) => record.map(all ? quoteAlways : quoteIfNeeded).join(',') + end).join('');
          const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
          const pieces = places.slice(1).map((place, i) => text.slice(places[i], place));
          expect(scan(pieces)).toEqual(records);
        },
      ),
    );
  });

  it('skips blank lines, and needs no line break at the end', () => {
    expect(scan(['a,b\n\n\r\n1,2'])).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(scan(['a,"b"'])).toEqual([['a', 'b']]);
  });

  it('counts lines through quoted line breaks', () => {
    const lines: number[] = [];
    new CsvScanner('data.csv', ',').write('a\n"x\n\ny"\nb\n', (_, line) => lines.push(line));
    expect(lines).toEqual([1, 2, 5]);
  });

  it('reads a long cell that comes in many pieces a few times, not once for each piece', () => {
    const text = `"${'x""y\n'.repeat(10_000)}",1\n2,3\n`;
    const pieces = Array.from({ length: Math.ceil(text.length / 256) }, (_, i) => text.slice(256 * i, 256 * (i + 1)));
    const searches = vi.spyOn(String.prototype, 'indexOf');
    const records = scan(pieces);
    const count = searches.mock.calls.length;
    searches.mockRestore();
    expect(records.map(([, second]) => second)).toEqual(['1', '3']);
    expect(count).toBeLessThan(100_000); // 20,000 a look
  });

  it('gives up on a quote that is never closed instead of keeping the file', () => {
    const scanner = new CsvScanner('data.csv', ',');
    const piece = 'x'.repeat(1 << 23);
    expect(() => {
      scanner.write('"', () => undefined);
      for (let i = 0; i < 4; i++) scanner.write(piece, () => undefined);
    }).toThrow('data.csv: the record on line 1 is over 16777216 characters');
  });

  it('refuses delimiters that cannot delimit', () => {
    for (const delimiter of ['', ';;', '"', '\n'])
      expect(() => new CsvScanner('data.csv', delimiter)).toThrow('delimiter');
  });
});
