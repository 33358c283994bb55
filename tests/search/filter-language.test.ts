import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLOpsError } from '../../src/errors.js';
import { and, not, or, where } from '../../src/search/filter.js';
import { parseFilter } from '../../src/search/parse-filter.js';
import { printFilter } from '../../src/search/print-filter.js';
import { comparisonOf, field, filterOf, literal } from './arbitrary-filter.js';

function problem(text: string): string {
  try {
    parseFilter(text);
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'INVALID_INPUT') return error.message;
    throw error;
  }
  throw new Error(`expected ${text} to be refused`);
}

describe('the filter language', () => {
  it('reads what it prints', () => {
    fc.assert(
      fc.property(filterOf(comparisonOf(field, literal)), (tree) => {
        expect(parseFilter(printFilter(tree))).toEqual(tree);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads MLflow's filters", () => {
    expect(
      parseFilter(
        "metrics.rmse < 1 and params.model = 'x' and tags.k LIKE 'a%' and attributes.status = 'FINISHED' AND run_name ILIKE \"%b\"",
      ),
    ).toEqual(
      and(
        where.metric('rmse').lt(1),
        where.param('model').eq('x'),
        where.tag('k').like('a%'),
        where.attribute('status').eq('FINISHED'),
        where.attribute('run_name').ilike('%b'),
      ),
    );
    expect(parseFilter('metrics.`val loss` >= -1.5e3 and tags."mlflow.parentRunId" = \'r\'')).toEqual(
      and(where.metric('val loss').gte(-1500), where.tag('mlflow.parentRunId').eq('r')),
    );
    expect(parseFilter("attr.run_id IN ('a', 'b') and datasets.digest != 'd'")).toEqual(
      and(where.attribute('run_id').in('a', 'b'), where.dataset('digest').ne('d')),
    );
  });

  it('binds not closer than and, and closer than or', () => {
    expect(parseFilter('not a = 1 and b = 2 or c = 3 and d = 4')).toEqual(
      or(
        and(not(where.attribute('a').eq(1)), where.attribute('b').eq(2)),
        and(where.attribute('c').eq(3), where.attribute('d').eq(4)),
      ),
    );
    expect(parseFilter('not (a = 1 and (b = 2 or c = 3))')).toEqual(
      not(and(where.attribute('a').eq(1), or(where.attribute('b').eq(2), where.attribute('c').eq(3)))),
    );
  });

  it('knows extremes of metrics, absence, and the numbers that JSON has not', () => {
    expect(parseFilter('min(metrics.a.b) <= .5 and max(metric.loss) = Infinity')).toEqual(
      and(where.metric('a.b', 'min').lte(0.5), where.metric('loss', 'max').eq(Infinity)),
    );
    expect(parseFilter('tags.x is null and metrics.y is not null')).toEqual(
      and(where.tag('x').isNull(), where.metric('y').isNotNull()),
    );
    expect(parseFilter('metrics.y > -Infinity and params.flag = true')).toEqual(
      and(where.metric('y').gt(-Infinity), where.param('flag').eq(true)),
    );
    expect(parseFilter('  ')).toEqual(and());
  });

  it.each([
    ['metrics.rmse <', 'expected a number, true, false or a text in quotes', 'at character 15'],
    ['metrics.rmse < 1 adn x = 2', 'expected and, or, or the end, found "adn"', 'at character 18'],
    ['metrix.rmse < 1', 'did you mean metrics?', 'at character 1 '],
    ["tags.k = 'open", 'never closed', 'at character 10'],
    ['(a = 1', 'expected and, or, or ), found the end', 'at character 7'],
    ['a = 1 and', 'expected a name such as metrics.rmse', 'at character 10'],
    ['a ? 1', 'unexpected "?"', 'at character 3'],
    ['min(tags.a) = 1', 'min(…) takes a metric', 'at character 5'],
    ['a like 5', "expected a pattern in quotes, such as 'a%'", 'at character 8'],
    ['a in 1', 'expected (', 'at character 6'],
    ['metrics. < 1', 'expected a key', 'at character 10'],
  ])('says what is wrong with %s, and where', (text, what, place) => {
    expect(problem(text)).toContain(what);
    expect(`${problem(text)} `).toContain(place);
  });

  it('shows the place in a long text of several lines', () => {
    expect(problem(`a = 1 and\nb = 2 and c ! 3 and d = 4`)).toBe(
      'unexpected "!", at character 23 of the filter\n  b = 2 and c ! 3 and d = 4\n              ^',
    );
  });

  it('refuses what would take too long or nest too deep, at once', () => {
    expect(problem('('.repeat(10_000))).toContain('nested more than 50 deep');
    expect(problem('not '.repeat(4_000))).toContain('nested more than 50 deep');
    expect(problem('a'.repeat(30_000))).toContain('at most 20000');
  });

  it('answers any text with a tree or an error that points into it', () => {
    const piece = fc.constantFrom(
      'metrics.',
      'a',
      '=',
      '<',
      "'",
      '"',
      '`',
      '(',
      ')',
      ' and ',
      ' or ',
      ' not ',
      'in',
      '1',
      '-',
      '.',
      ',',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseFilter(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_INPUT' });
            expect((error as Error).message).toMatch(/at character \d+ of the filter/);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});
