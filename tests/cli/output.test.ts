import { afterEach, describe, expect, it, vi } from 'vitest';
import { Output, Progress, formatMetrics, formatTable } from '../../src/cli/output.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const captured = (stream: 'stdout' | 'stderr'): string[] => {
  const texts: string[] = [];
  vi.spyOn(process[stream], 'write').mockImplementation((text) => (texts.push(String(text)), true));
  return texts;
};

describe('Output', () => {
  it('spells out numbers that JSON lacks', () => {
    const texts = captured('stdout');
    new Output({ json: true, quiet: false }).result({ a: NaN, b: -Infinity, c: 1 }, 'text');
    expect(JSON.parse(texts.join(''))).toEqual({ a: 'NaN', b: '-Infinity', c: 1 });
  });

  it('keeps remarks away from scripts', () => {
    const texts = captured('stderr');
    new Output({ json: true, quiet: false }).note('a');
    new Output({ json: false, quiet: true }).note('b');
    new Output({ json: false, quiet: false }).note('c');
    expect(texts.join('')).toBe('c\n');
  });
});

describe('Progress', () => {
  it('draws nothing for quick work', () => {
    const texts = captured('stderr');
    const progress = new Progress(true);
    progress.update(0.5, 'reading');
    progress.end();
    expect(texts).toEqual([]);
  });

  it('draws one line for slow work and wipes it', () => {
    const texts = captured('stderr');
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const progress = new Progress(true);
    now.mockReturnValue(600);
    progress.update(0.5, 'reading');
    progress.end();
    expect(texts[0]).toContain('50% reading');
    expect(texts[0]).toContain('█'.repeat(12) + '░'.repeat(12));
    expect(texts[1]).toBe('\r\u001b[K');
  });

  it('stays in one line of the terminal, and draws what is new', () => {
    const texts = captured('stderr');
    const before = process.stderr.columns;
    process.stderr.columns = 40;
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const progress = new Progress(true);
    now.mockReturnValue(600);
    for (const fraction of [0.5, 0.501, 0.6]) progress.update(fraction, `reading ${'a/long/path/'.repeat(9)}x.csv`);
    expect(texts.map((text) => text.replace('\r\u001b[K', '').length)).toEqual([39, 39]);
    process.stderr.columns = before;
  });

  it('is wiped where the work fails', () => {
    const texts = captured('stderr');
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const work = (): void => {
      using progress = new Progress(true);
      now.mockReturnValue(600);
      progress.update(0.5, 'reading');
      throw new Error('no');
    };
    expect(work).toThrow('no');
    expect(texts.at(-1)).toBe('\r\u001b[K');
  });
});

describe('texts from data', () => {
  it('lines up the columns of any number of rows', () => {
    const rows = Array.from({ length: 450 }, (_, i) => [`${i}`, i === 430 ? 'as wide as it gets' : 'x', 'end']);
    const lines = formatTable(['row', 'what', 'last'], rows).split('\n');
    expect(lines).toHaveLength(451);
    expect(new Set(lines.map((line) => line.search(/end$|last$/)))).toEqual(new Set([25]));
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(rows.map(([name]) => name));
  });

  it('forge no line of a table, move no cursor and turn no direction', () => {
    const texts = captured('stdout');
    const table = formatTable(
      ['who', 'why'],
      [
        ['ada\n9  bob', 'x\u001b[31m\u202ey'],
        ['eve', 'z'],
      ],
    );
    new Output({ json: false, quiet: false }).result({}, `${table}\n\u2066end\r`);
    expect(texts.join('')).toBe(
      [
        'who              why',
        'ada\\u000a9  bob  x\\u001b[31m\\u202ey',
        'eve              z',
        '\\u2066end\\u000d\n',
      ].join('\n'),
    );
  });
});

describe('tables', () => {
  it('line up without borders', () => {
    expect(
      formatTable(
        ['a', 'long'],
        [
          ['1', '2'],
          ['333', '4'],
        ],
      ),
    ).toBe('a    long\n1    2\n333  4');
    expect(formatMetrics({ mae: 1.234567, r2: 0.5 })).toBe('mae 1.2346   r2 0.5');
  });
});
