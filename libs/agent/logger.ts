type Line = (fields: Readonly<Record<string, unknown>>, message?: string) => void;

/** Where a program's log lines go; pino fits. The library itself writes nothing. */
export interface Logger {
  readonly debug: Line;
  readonly info: Line;
  readonly warn: Line;
  readonly error: Line;
}

const nowhere: Line = () => {};

/** The default: the library is silent unless a program gives it a logger. */
export const silent: Logger = Object.freeze({
  debug: nowhere,
  info: nowhere,
  warn: nowhere,
  error: nowhere,
});
