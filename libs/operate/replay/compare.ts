import { ContentType } from "@myelin/subjects";
import type { Contract } from "../../contract/index.ts";
import type { MeshError } from "../../errors/index.ts";
import { json, parseProtobuf, readClaim, readContentType } from "../../wire/index.ts";
import type { Recorded, RecordedAnswer } from "./recorded.ts";

/** A field in which two answers differ. */
export interface AnswerDifference {
  /** Such as `sections[2].title`; empty: the whole. */
  readonly path: string;
  /** Undefined where the answer had no such field. */
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** How answers are compared. */
export interface CompareOptions {
  /** Paths that may differ, with all below them: `at`, `sections[].id`. */
  readonly ignore?: readonly string[];
  /** The contract, by which answers in protobuf are read. Default: they are compared byte by byte. */
  readonly contract?: Contract;
}

/** Most differences that are told of two answers, and how deep they are looked at. */
const mostDifferences = 100;
const mostDepth = 64;

/** In which fields two answers differ, in their order; frames by their number, errors by code and data. */
export function compareAnswers(
  { skill, answer: recorded }: Pick<Recorded, "skill" | "answer">,
  replayed: RecordedAnswer,
  options: CompareOptions = {},
): readonly AnswerDifference[] {
  if (recorded === undefined) return [];
  const read = readerOf(options.contract, skill);
  const found: AnswerDifference[] = [];
  const ignored = (options.ignore ?? []).map(toPattern);
  const isIgnored = (path: string): boolean => ignored.some((pattern) => pattern.test(path));
  walk("", [answerValue(recorded, read), answerValue(replayed, read)], 0, (difference) => {
    if (!isIgnored(difference.path)) found.push(difference);
    return found.length < mostDifferences;
  });
  return found;
}

/** An answer as a value. */
function answerValue({ frames, error }: RecordedAnswer, read: Read): unknown {
  const values = frames.map(({ head, payload }) => {
    const type = readContentType(head) ?? ContentType.json;
    try {
      if (type === ContentType.claim) return claimed(payload);
      return type === ContentType.json ? json.decode(payload) : read(payload, type);
    } catch {
      // What cannot be read is compared as it is.
      return bytes(payload);
    }
  });
  const value = values.length === 1 ? values[0] : values;
  if (error === undefined) return value;
  return { ...(values.length > 0 ? { frames: values } : {}), error: plain(error) };
}

/** Of two large payloads it is known by their digests whether they are the same. */
function claimed(payload: Uint8Array): unknown {
  const { bytes, sha256, contentType } = readClaim(payload);
  return { claim: { bytes, sha256, contentType } };
}

type Read = (payload: Uint8Array, contentType: string) => unknown;

/** Reads what is no JSON. */
function readerOf(contract: Contract | undefined, skill: string): Read {
  const message = contract?.skills[skill]?.messages?.output;
  if (contract?.protobuf === undefined || message === undefined) return bytes;
  const codec = parseProtobuf(contract.protobuf)(message);
  return (payload, type) => (type === codec.contentType ? codec.decode(payload) : bytes(payload));
}

function plain({ code, domain }: MeshError): object {
  return domain === undefined ? { code } : { code, ...domain };
}

function bytes(payload: Uint8Array): string {
  return `base64:${Buffer.from(payload).toString("base64")}`;
}

type Tell = (difference: AnswerDifference) => boolean;

/** False when enough has been told. */
function walk(
  path: string,
  [recorded, replayed]: readonly [unknown, unknown],
  depth: number,
  tell: Tell,
): boolean {
  if (Object.is(recorded, replayed)) return true;
  const isDeep = depth < mostDepth;
  if (isDeep && Array.isArray(recorded) && Array.isArray(replayed)) {
    const length = Math.max(recorded.length, replayed.length);
    for (let at = 0; at < length; at++) {
      if (!walk(`${path}[${at}]`, [recorded[at], replayed[at]], depth + 1, tell)) return false;
    }
    return true;
  }
  if (isDeep && isFields(recorded) && isFields(replayed)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(replayed)])) {
      const inner = path === "" ? key : `${path}.${key}`;
      if (!walk(inner, [own(recorded, key), own(replayed, key)], depth + 1, tell)) return false;
    }
    return true;
  }
  if (isDeep) return tell({ path, recorded, replayed });
  // Where nobody looks closer, what is written the same is the same.
  const [one, other] = [shallow(recorded), shallow(replayed)];
  return one === other || tell({ path, recorded: one, replayed: other });
}

/** As text: whoever shows it goes no deeper either. */
function shallow(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    // Nested as deep as only an attacker nests.
    return "nested too deep to be compared";
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** `sections[].id` is that field of every section; what is below is ignored with it. */
function toPattern(path: string): RegExp {
  const escaped = path
    .replace(/[.*+?^${}()|\\]/g, "\\$&")
    .replace(/\[(\d*)\]/g, (_, at: string) => (at === "" ? "\\[\\d+\\]" : `\\[${at}\\]`));
  return new RegExp(`^${escaped}($|[.[])`);
}
