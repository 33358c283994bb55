/** Types and functions between the spelling of files (snake_case) and of TypeScript (camelCase). */

export const toCamelCase = (key: string): string =>
  key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

export const toSnakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type CamelKey<K extends string> = K extends `${infer Head}_${infer Rest}` ? `${Head}${Capitalize<CamelKey<Rest>>}` : K;

type SnakeKey<K extends string> = K extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeKey<Rest>}`
  : K;

/** `T` with camelCase keys all the way down; free names stay as they are. */
export type CamelCased<T> = T extends readonly (infer Item)[]
  ? readonly CamelCased<Item>[]
  : T extends object
    ? string extends keyof T
      ? { readonly [K in keyof T]: CamelCased<T[K]> }
      : { readonly [K in keyof T as CamelKey<K & string>]: CamelCased<T[K]> }
    : T;

/** Any part of `T`, each key in camelCase or in snake_case; null stands for an empty section. */
export type PartOf<T> = T extends readonly (infer Item)[]
  ? readonly (Item extends object ? Partial<Item> : Item)[]
  : T extends object
    ? | (string extends keyof T
          ? { readonly [K in keyof T]: PartOf<T[K]> }
          : { readonly [K in keyof T as (K & string) | SnakeKey<K & string>]?: PartOf<T[K]> | undefined })
      | null
    : T;
