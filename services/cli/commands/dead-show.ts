import type { DeadLetter } from "@myelin/mesh/operate";
import { keptApart, nothingMeant, stateOf } from "@myelin/mesh/operate";
import { type Context, note, printJson } from "../context.ts";
import { filterOf } from "../dead-filter.ts";
import { Exit, interruptible } from "../failure.ts";
import { count, keptText } from "../table.ts";
import { plain } from "../terminal.ts";
import { enter, shownLetter } from "./dead.ts";

/** Most of a body that is shown to people, in bytes; `--json` has all of it. */
const mostShown = 4_096;

/** Most letters whose bodies are in one JSON document. */
const mostInOne = 100;

/** Shows letters whole: of a task's id there may be several, one each time that it died. */
export async function show(context: Context, what: string): Promise<number> {
  await using office = await enter(context);
  const filter = { ...filterOf({}, what), state: "any" } as const;
  const { out } = context.terminal;
  const whole: object[] = [];
  let shown = 0;
  let isCut = false;
  await interruptible(context, async (signal) => {
    for await (const letter of office.list(filter, { signal })) {
      isCut = context.json && shown === mostInOne;
      if (isCut) break;
      if (context.json) whole.push(wholeLetter(letter));
      else out.write(`${shown === 0 ? "" : "\n"}${plain(textOf(letter))}`);
      shown++;
    }
  });
  if (shown === 0) throw nothingMeant(filterOf({}, what));
  if (context.json) printJson(context, whole);
  if (isCut) note(context, `these are the oldest ${mostInOne}; name others by their subjects`);
  return Exit.ok;
}

/** For scripts: the body as text where it is text, else in base64. */
function wholeLetter(letter: DeadLetter): object {
  const { payload } = letter.original;
  const text = textIn(payload);
  const kept = keptApart(letter.original);
  if (kept !== undefined) return { ...shownLetter(letter), headers: headersOf(letter), kept };
  const body =
    text === undefined ? { base64: Buffer.from(payload).toString("base64") } : { body: text };
  return { ...shownLetter(letter), headers: headersOf(letter), ...body };
}

function textOf(letter: DeadLetter): string {
  const { facts, original } = letter;
  const lines = [
    ["letter", `${letter.subject} (${letter.sequence})`],
    ["state", [stateOf(letter), ...letter.markers.map(markerText)].join("; ")],
    ["died", letter.at.toISOString()],
    ["cause", letter.reason],
    ["of", `${facts.subject} (${facts.sequence}), stored ${facts.storedAt}`],
    ["last had by", facts.instance],
    ["tries", `${facts.attempts}`],
    ...(facts.tries ?? []).map((one) => ["", tryText(one)]),
    ["trace", facts.traceId ?? "none"],
    // Before it died: what became of the letter since is its state.
    ["brought back before", letter.generation === 0 ? "never" : count(letter.generation, "time")],
    ...headersOf(letter).map(([name, value], at) => [
      at === 0 ? "headers" : "",
      `${name}: ${value}`,
    ]),
    ["body", bodyText(original)],
  ];
  return `${lines.map(([name = "", text = ""]) => `${name.padEnd(19)} ${text}`).join("\n")}\n`;
}

function markerText({ outcome, to, by, at }: DeadLetter["markers"][number]): string {
  const whom = outcome === "redriven" ? ` to ${to}` : "";
  return `${outcome}${whom} by ${by} at ${at.toISOString()}`;
}

type Tried = NonNullable<DeadLetter["facts"]["tries"]>[number];

function tryText({ attempt, instance, begunAt, endedAt, error }: Tried): string {
  const end = endedAt === undefined ? "never ended" : `to ${endedAt} ${error ?? ""}`;
  return `${attempt}: ${begunAt} ${end.trimEnd()} (${instance})`;
}

function headersOf({ original }: DeadLetter): readonly (readonly [string, string])[] {
  return original.head
    .split("\r\n")
    .slice(1)
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
}

function bodyText(original: DeadLetter["original"]): string {
  const { payload } = original;
  const kept = keptApart(original);
  if (kept !== undefined) return keptText(kept);
  const text = textIn(payload.subarray(0, mostShown));
  const more = payload.length > mostShown ? `… (${payload.length} bytes in all)` : "";
  return `${text ?? Buffer.from(payload.subarray(0, mostShown)).toString("base64")}${more}`;
}

function textIn(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload, { stream: true });
  } catch {
    // Bytes of another kind.
    return undefined;
  }
}
