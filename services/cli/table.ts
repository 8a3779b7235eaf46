import type { KeptApart } from "@myelin/mesh/operate";

/** How a text looks; the identity where there are no colours. */
export type Paint = (text: string) => string;

/** The few colours that the commands use. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

export function palette(hasColours: boolean): Palette {
  const paint = (code: number, end: number): Paint =>
    hasColours ? (text) => `\u001b[${code}m${text}\u001b[${end}m` : (text) => text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: "right";
  readonly paint?: (row: Row) => Paint;
}

/** Rows below a heading, columns aligned; the last one is cut where the line ends. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  look: { readonly palette: Palette; readonly width: number | undefined },
): string {
  const texts = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...texts.map((cells) => cells[at]?.length ?? 0)),
  );
  const room = (look.width ?? Number.MAX_SAFE_INTEGER) - sum(widths.slice(0, -1).map((w) => w + 2));
  const line = (cells: readonly string[], paint: (at: number) => Paint): string =>
    cells
      .map((cell, at) => {
        const isLast = at === cells.length - 1;
        const text = isLast ? cut(cell, Math.max(room, 8)) : cell;
        const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - text.length));
        const painted = paint(at)(text);
        if (columns[at]?.align === "right") return gap + painted;
        return isLast ? painted : painted + gap;
      })
      .join("  ")
      .trimEnd();
  const head = line(
    columns.map((column) => column.title),
    () => look.palette.dim,
  );
  const body = texts.map((cells, at) =>
    line(cells, (column) => {
      const row = rows[at];
      const paint = columns[column]?.paint;
      return row === undefined || paint === undefined ? (text) => text : paint(row);
    }),
  );
  return `${[head, ...body].join("\n")}\n`;
}

/** One line of what is shown as it comes, whose columns cannot be measured before; `right` is the column of numbers. */
export function aligned(
  cells: readonly string[],
  { widths, right }: { readonly widths: readonly number[]; readonly right: number },
): string {
  const pad = (cell: string, at: number): string =>
    at === right ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return cells.map(pad).join("  ");
}

/** A text of at most so many characters. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A span of time for people: 0.4 ms, 12 ms, 3.2 s, 30 s. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}

/** How old the oldest of what waits is; nothing where nothing does. */
export function oldest({ oldestSeconds, pending, inWork }: Waiting): string {
  return pending + inWork === 0 ? "" : duration(oldestSeconds * 1_000);
}

interface Waiting {
  readonly oldestSeconds: number;
  readonly pending: number;
  readonly inWork: number;
}

/** `1 instance`, `2 instances`. */
export function count(many: number, noun: string, several = `${noun}s`): string {
  return `${many} ${many === 1 ? noun : several}`;
}

/** A body that lies in the store, in place of itself. */
export function keptText({ id, bytes, contentType }: KeptApart): string {
  return `kept apart in the store: ${count(bytes, "byte")} of ${contentType}, id ${id}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
