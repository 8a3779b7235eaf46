import type { Figure, Spread } from "./figure.ts";

/** The one document for scripts. */
export function document(bench: string, figures: readonly Figure[]): string {
  const plain = figures.map(({ id, value, unit, target }) => ({
    id,
    value: round(value),
    unit,
    target: target?.bound ?? null,
  }));
  return JSON.stringify({ bench, figures: plain }, undefined, 2);
}

/** The table for people. */
export function table(bench: string, figures: readonly Figure[]): string {
  const rows = [
    ["figure", "value", "unit", "lowest to highest", "target", ""],
    ...figures.map((figure) => [
      figure.id,
      text(figure.value),
      figure.unit,
      figure.spread === undefined ? "" : spread(figure.spread),
      figure.target === undefined ? "" : `${figure.target.is} ${text(figure.target.bound)}`,
      [verdict(figure), figure.note ?? ""].filter((part) => part !== "").join("; "),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column === 1)).join("  "),
  );
  return [`bench ${bench}`, ...lines.map((line) => line.trimEnd())].join("\n");
}

function verdict({ value, target }: Figure): string {
  if (target === undefined) return "";
  const met = target.is === "at least" ? value >= target.bound : value <= target.bound;
  return met ? "met" : "missed";
}

function spread({ low, high }: Spread): string {
  return `${text(low)} to ${text(high)}`;
}

function text(value: number): string {
  return String(round(value));
}

/** Three digits that mean something; large values as whole numbers. */
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
