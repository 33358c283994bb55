/** What logs are written to; pino's loggers fit. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** From the least important; the numbers are pino's. */
export const levelNumbers = { debug: 20, info: 30, warn: 40, error: 50 } as const;

export type LogLevel = keyof typeof levelNumbers;
