import { nearest } from '../util/nearest.js';
import {
  type Aggregate,
  type Entity,
  type Field,
  type Filter,
  type Literal,
  type OrderOperator,
  and,
  not,
  or,
} from './filter.js';
import type { OrderTerm } from './order-by.js';
import { type Searched, type Token, problemAt, tokenize } from './tokens.js';

/** Words that name an entity; a name without one is an attribute. */
export const entityNames: Readonly<Record<string, Entity>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  metric: 'metric',
  metrics: 'metric',
  parameter: 'param',
  parameters: 'param',
  param: 'param',
  params: 'param',
  tag: 'tag',
  tags: 'tag',
  dataset: 'dataset',
  datasets: 'dataset',
};

const aggregates: readonly string[] = ['last', 'min', 'max'];
export const keywords: readonly string[] = ['and', 'or', 'not', 'in', 'like', 'ilike', 'is', 'null'];
const operators: Readonly<Record<string, OrderOperator>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Parentheses and `not` may nest this deep. */
const maxDepth = 50;

/**
 * Reads a filter: comparisons joined by `and`, `or`, `not` and parentheses, in the usual order of precedence. A superset
 * of MLflow's language, which has `and` only.
 *
 *     metrics.rmse < 1 and (params.model = 'cart' or tags.team like 'rates%') and not status in ('failed', 'killed')
 *     min(metrics.`val loss`) <= 0.25 and tags.reviewed is null
 *
 * Left of an operator stands `metrics.KEY`, `params.KEY`, `tags.KEY`, `datasets.KEY`, `attributes.NAME` or just `NAME`;
 * keys with other characters go in backticks or double quotes. A metric means the value logged last; `min(…)` and
 * `max(…)` ask for the extremes. Operators are `= != < <= > >= like ilike in is null`, the last four also with `not`; values are
 * numbers (`NaN` and `Infinity` too), `true`, `false` and texts in quotes, a quote inside written twice.
 *
 * @throws MLOpsError `INVALID_INPUT` that points at the character
 */
export function parseFilter(text: string): Filter {
  const parser = new Parser(text);
  return parser.parse();
}

/**
 * Reads sort keys such as `metrics.rmse desc, start_time`; ascending unless told.
 *
 * @throws MLOpsError `INVALID_INPUT` that points at the character
 */
export function parseOrderBy(text: string): readonly OrderTerm[] {
  return new Parser(text, 'order').parseOrder();
}

/**
 * Reads one field, such as `params.depth` or `min(metrics.rmse)`.
 *
 * @throws MLOpsError `INVALID_INPUT` that points at the character
 */
export function parseField(text: string): Field {
  return new Parser(text, 'name').parseName();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(
    private readonly text: string,
    private readonly what: Searched = 'filter',
  ) {
    this.#tokens = tokenize(text, what);
  }

  parseOrder(): readonly OrderTerm[] {
    const terms: OrderTerm[] = [];
    do {
      const field = this.#field();
      const direction = this.#takeWord('desc') ? 'desc' : 'asc';
      if (direction === 'asc') this.#takeWord('asc');
      terms.push({ field, direction });
    } while (this.#takeSymbol(','));
    if (this.#peek().kind !== 'end') throw this.#expected('asc, desc, a comma or the end');
    return terms;
  }

  parseName(): Field {
    const field = this.#field();
    if (this.#peek().kind !== 'end') throw this.#expected('the end');
    return field;
  }

  parse(): Filter {
    if (this.#peek().kind === 'end') return and();
    const filter = this.#disjunction();
    if (this.#peek().kind !== 'end') throw this.#expected('and, or, or the end');
    return filter;
  }

  #disjunction(): Filter {
    const members: [Filter, ...Filter[]] = [this.#conjunction()];
    while (this.#takeWord('or')) members.push(this.#conjunction());
    return or(...members);
  }

  #conjunction(): Filter {
    const members = [this.#negation()];
    while (this.#takeWord('and')) members.push(this.#negation());
    return and(...members);
  }

  #negation(): Filter {
    if (++this.#depth > maxDepth) throw this.#problem(this.#peek().at, `nested more than ${maxDepth} deep`);
    try {
      if (this.#takeWord('not')) return not(this.#negation());
      if (!this.#takeSymbol('(')) return this.#comparison();
      if (this.#takeSymbol(')')) return and();
      const filter = this.#disjunction();
      if (!this.#takeSymbol(')')) throw this.#expected('and, or, or )');
      return filter;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Filter {
    const field = this.#field();
    const symbol = this.#peek();
    const op = symbol.kind === 'symbol' ? operators[symbol.text] : undefined;
    if (op !== undefined) {
      this.#next++;
      return { field, op, value: this.#literal() };
    }
    if (this.#takeWord('like')) return { field, op: 'like', value: this.#quotedText() };
    if (this.#takeWord('ilike')) return { field, op: 'ilike', value: this.#quotedText() };
    if (this.#takeWord('in')) return { field, op: 'in', values: this.#list() };
    if (this.#takeWord('is')) {
      const isNegated = this.#takeWord('not');
      if (!this.#takeWord('null')) throw this.#expected('null');
      return { field, op: isNegated ? 'is not null' : 'is null' };
    }
    if (!this.#takeWord('not')) throw this.#expected('an operator (= != < <= > >= like ilike in is)');
    if (this.#takeWord('in')) return { field, op: 'not in', values: this.#list() };
    if (this.#takeWord('like')) return { field, op: 'not like', value: this.#quotedText() };
    if (this.#takeWord('ilike')) return { field, op: 'not ilike', value: this.#quotedText() };
    throw this.#expected('in, like or ilike');
  }

  #field(): Field {
    const first = this.#peek();
    const aggregate = first.text.toLowerCase();
    if (first.kind !== 'word' || !aggregates.includes(aggregate) || this.#peek(1).text !== '(')
      return this.#plainField();
    this.#next += 2;
    const at = this.#peek().at;
    const field = this.#plainField();
    if (field.entity !== 'metric') throw this.#problem(at, `${aggregate}(…) takes a metric`);
    if (!this.#takeSymbol(')')) throw this.#expected(')');
    return aggregate === 'last' ? field : { ...field, aggregate: aggregate as Aggregate };
  }

  #plainField(): Field {
    const token = this.#peek();
    if (!isName(token)) throw this.#expected('a name such as metrics.rmse');
    this.#next++;
    const isEntity = token.kind === 'word' && Object.hasOwn(entityNames, token.text.toLowerCase());
    if (!this.#takeSymbol('.')) return { entity: 'attribute', key: token.text };
    if (!isEntity) {
      const guess = nearest(token.text, ['metrics', 'params', 'tags', 'datasets', 'attributes']);
      const hint = guess === undefined ? 'metrics, params, tags, datasets or attributes' : guess;
      throw this.#problem(token.at, `${JSON.stringify(token.text)} holds nothing; did you mean ${hint}?`);
    }
    return { entity: entityNames[token.text.toLowerCase()]!, key: this.#key() };
  }

  /** A key may hold dots and begin with digits; what stands between must not be spaced. */
  #key(): string {
    let key = '';
    let end = this.#peek().at;
    for (;;) {
      const token = this.#peek();
      const isPart = token.kind === 'word' || token.kind === 'number' || token.text === '.';
      if (token.kind === 'quoted' && token.quote !== "'" && key === '') {
        this.#next++;
        return token.text;
      }
      if (!isPart || token.at !== end) break;
      key += token.text;
      end = token.at + token.text.length;
      this.#next++;
    }
    return key === '' ? this.#fail('a key') : key;
  }

  #list(): readonly Literal[] {
    if (!this.#takeSymbol('(')) throw this.#expected('(');
    if (this.#takeSymbol(')')) return [];
    const values = [this.#literal()];
    while (this.#takeSymbol(',')) values.push(this.#literal());
    if (!this.#takeSymbol(')')) throw this.#expected(', or )');
    return values;
  }

  #quotedText(): string {
    const token = this.#peek();
    if (token.kind !== 'quoted' || token.quote === '`') throw this.#expected("a pattern in quotes, such as 'a%'");
    this.#next++;
    return token.text;
  }

  #literal(): Literal {
    const token = this.#peek();
    const value = literalOf(token);
    if (value === undefined) throw this.#expected("a number, true, false or a text in quotes, such as 'cart'");
    this.#next++;
    return value;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const isThere = token.kind === 'word' && token.text.toLowerCase() === word;
    if (isThere) this.#next++;
    return isThere;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    const isThere = token.kind === 'symbol' && token.text === symbol;
    if (isThere) this.#next++;
    return isThere;
  }

  #problem(at: number, problem: string): Error {
    return problemAt(this.text, at, problem, this.what);
  }

  #expected(what: string): Error {
    const { kind, text, at } = this.#peek();
    return this.#problem(at, `expected ${what}, found ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }

  #fail(what: string): never {
    throw this.#expected(what);
  }
}

const isName = ({ kind, quote, text }: Token): boolean =>
  kind === 'quoted' ? quote !== "'" : kind === 'word' && !keywords.includes(text.toLowerCase());

function literalOf({ kind, text, quote }: Token): Literal | undefined {
  if (kind === 'number') return Number(text);
  if (kind === 'quoted') return quote === '`' ? undefined : text;
  if (kind !== 'word') return undefined;
  switch (text.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'nan':
      return NaN;
    case 'infinity':
      return Infinity;
    default:
      return undefined;
  }
}
