import { Cron } from "croner";
import { MeshCode, MeshError } from "../../errors/index.ts";

/** A cron that the server takes, and a time zone that there is. */
export interface CheckedCron {
  /** With six fields, the seconds first; or a name such as `@daily`. */
  readonly cron: string;
  readonly timezone: string;
}

/**
 * Checks a cron of five or six fields; throws `invalid_argument` with what is wrong.
 *
 * It takes what both croner and the server read the same way: no `L`, `W`, `#` or year, no range that runs backwards,
 * Sunday is 0 only.
 */
export function checkCron(cron: unknown, timezone: unknown): CheckedCron {
  const text = typeof cron === "string" ? cron.trim().replaceAll(/\s+/g, " ") : "";
  const fields = text.split(" ");
  const isNamed = names.includes(text.toLowerCase());
  const six = fields.length === 5 && !isNamed ? ["0", ...fields] : fields;
  if (!isNamed && six.length !== 6)
    throw wrong(cron, `it takes five or six fields, or one of ${names.join(", ")}`);
  for (const [at, field] of isNamed ? [] : six.entries()) checkField(cron, field, at);
  const checked = { cron: isNamed ? text.toLowerCase() : six.join(" "), timezone: zone(timezone) };
  let next: Date | undefined;
  try {
    next = nextAfter(checked, new Date());
  } catch (error) {
    throw wrong(cron, MeshError.from(error).detail.replace("CronPattern: ", ""));
  }
  if (next === undefined) throw wrong(cron, "it would never fire");
  return Object.freeze(checked);
}

/** When it fires next after a moment; undefined where it never does. */
export function nextAfter({ cron, timezone }: CheckedCron, after: Date): Date | undefined {
  const options = { paused: true, sloppyRanges: true, mode: "6-part" as const };
  const own = cron.startsWith("@") ? (named[cron] ?? cron) : cron.replaceAll("?", "*");
  return new Cron(own, { ...options, timezone }).nextRun(after) ?? undefined;
}

const named: Readonly<Record<string, string>> = {
  "@yearly": "0 0 0 1 1 *",
  "@annually": "0 0 0 1 1 *",
  "@monthly": "0 0 0 1 * *",
  "@weekly": "0 0 0 * * 0",
  "@daily": "0 0 0 * * *",
  "@midnight": "0 0 0 * * *",
  "@hourly": "0 0 * * * *",
};
const names: readonly string[] = Object.keys(named);

const months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const days = "sun|mon|tue|wed|thu|fri|sat";
/** What each field is called, its least and largest number, and the names it takes. */
const shapes = [
  ["second", 0, 59, ""],
  ["minute", 0, 59, ""],
  ["hour", 0, 23, ""],
  ["day of the month", 1, 31, ""],
  ["month", 1, 12, months],
  ["day of the week", 0, 6, days],
] as const;

function checkField(cron: unknown, field: string, at: number): void {
  const [what, least, most, words] = shapes[at] ?? shapes[0];
  const one = words === "" ? "\\d{1,2}" : `\\d{1,2}|${words}`;
  const part = new RegExp(`^(?:[*?]|(?:${one})(?:-(?:${one}))?)(?:/\\d{1,2})?$`, "i");
  const isGood = field.split(",").every((text) => {
    const numbers = (text.split("/")[0] ?? "").match(/\d+/g)?.map(Number) ?? [];
    return part.test(text) && numbers.every((number) => number >= least && number <= most);
  });
  // In these two croner takes a bare star alone for "any day", the server whatever has one in it.
  const isDay = at === 3 || at === 5;
  if (isGood && isDay && /[*?]/.test(field) && !/^[*?](\/(0?[2-9]|[1-9]\d))?$/.test(field)) {
    throw wrong(cron, `write * for any day; ${JSON.stringify(field)} is read in two ways`);
  }
  if (isGood) return;
  const range = `${least} to ${most}${words === "" ? "" : `, ${words.replaceAll("|", ", ")}`}`;
  throw wrong(cron, `the ${what} takes ${range}, with * , - and /, not ${JSON.stringify(field)}`);
}

function zone(timezone: unknown): string {
  if (timezone === undefined) return "UTC";
  try {
    // "+02:00" is a zone to some runtimes; the server knows names only.
    const isNamed = typeof timezone === "string" && /^[A-Za-z][\w+/-]{1,63}$/.test(timezone);
    if (isNamed) return asNamed(timezone);
  } catch {
    // Said below, with what came.
  }
  throw new MeshError(
    MeshCode.InvalidArgument,
    `schedule.timezone must be a name such as Europe/Berlin or UTC, got ${shown(timezone)}`,
  );
}

/** The server minds upper and lower case, Intl does not. */
function asNamed(timezone: string): string {
  const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions();
  return timeZone.toLowerCase() === timezone.toLowerCase() ? timeZone : timezone;
}

function wrong(cron: unknown, why: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, `schedule.cron ${shown(cron)}: ${why}`);
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 100);
}
