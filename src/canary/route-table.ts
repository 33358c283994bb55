/** Requests assigned so far. */
export interface RoutedCounts {
  readonly canary: number;
  readonly production: number;
  /** Scored by both. */
  readonly shadow: number;
}

export const noCounts: RoutedCounts = { canary: 0, production: 0, shadow: 0 };

/** How requests that name no version are answered: by chance, by chance scored twice, or by production for this reason. */
const modes = ['split', 'shadow', 'paused', 'halted', 'no_canary', 'failed'] as const;

export type RouteMode = (typeof modes)[number];

/** What routing needs to know of a model. */
export interface Route {
  readonly mode: RouteMode;
  readonly production: string | undefined;
  readonly candidate?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly step?: number;
  /** Of the bucketing function. */
  readonly seed?: number;
  /** The highest hash, as a signed integer, that is the candidate's. */
  readonly last?: number;
}

const numbersWidth = 4;
const textsWidth = 3;
const countsWidth = 3;

/**
 * Routes of models in a few dense arrays, a place each. With a thousand models, most of the time of routing goes into
 * fetching what it needs from memory; an object for each model would lie in several places far apart.
 */
export class RouteTable {
  readonly #places = new Map<string, number>();
  #numbers = new Int32Array(numbersWidth);
  #counts = new Float64Array(countsWidth);
  #texts: (string | undefined)[] = [];

  /** Undefined for a model that is not there. */
  placeOf(modelName: string): number | undefined {
    return this.#places.get(modelName);
  }

  set(modelName: string, route: Route, { canary, production, shadow }: RoutedCounts): void {
    let place = this.#places.get(modelName);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(internalized(modelName), place);
      this.#makeRoom(place + 1);
    }
    const { mode, seed = 0, last = 0, step = 0 } = route;
    this.#numbers.set([modes.indexOf(mode), seed, last, step], place * numbersWidth);
    this.#counts.set([production, canary, shadow], place * countsWidth);
    this.#texts.splice(place * textsWidth, textsWidth, route.production, route.deploymentId, route.candidate);
  }

  mode(place: number): RouteMode {
    return modes[this.#numbers[place * numbersWidth]!]!;
  }

  seed(place: number): number {
    return this.#numbers[place * numbersWidth + 1]!;
  }

  last(place: number): number {
    return this.#numbers[place * numbersWidth + 2]!;
  }

  step(place: number): number {
    return this.#numbers[place * numbersWidth + 3]!;
  }

  production(place: number): string | undefined {
    return this.#texts[place * textsWidth];
  }

  deploymentId(place: number): string | undefined {
    return this.#texts[place * textsWidth + 1];
  }

  candidate(place: number): string | undefined {
    return this.#texts[place * textsWidth + 2];
  }

  countProduction(place: number): void {
    this.#counts[place * countsWidth]!++;
  }

  countCanary(place: number): void {
    this.#counts[place * countsWidth + 1]!++;
  }

  countShadow(place: number): void {
    this.#counts[place * countsWidth + 2]!++;
  }

  counts(place: number): RoutedCounts {
    const [production, canary, shadow] = this.#counts.subarray(place * countsWidth);
    return { canary: canary!, production: production!, shadow: shadow! };
  }

  #makeRoom(places: number): void {
    if (this.#numbers.length >= places * numbersWidth) return;
    const [numbers, counts] = [this.#numbers, this.#counts];
    this.#numbers = new Int32Array(2 * places * numbersWidth);
    this.#numbers.set(numbers);
    this.#counts = new Float64Array(2 * places * countsWidth);
    this.#counts.set(counts);
  }
}

/** The engine's own copy of a text, which it finds by reference when a request names the model by a literal. */
const internalized = (text: string): string => Object.keys({ [text]: 0 })[0]!;
