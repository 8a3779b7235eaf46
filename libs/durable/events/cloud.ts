import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import type { CloudEvent } from "../../pipeline/index.ts";
import { field, json, needle, readContentType } from "../../wire/index.ts";
import type { Headers } from "../stored/store.ts";
import { ClaimedData } from "./event-body.ts";

const version = "1.0";
/** Longest attribute that is read, in characters. */
const maxAttribute = 1_024;
/** What a body is that holds attributes and data together (the binding's structured mode). */
const structured = "application/cloudevents";

const ce = Object.freeze({
  specversion: "ce-specversion",
  id: "ce-id",
  source: "ce-source",
  type: "ce-type",
  time: "ce-time",
  subject: "ce-subject",
  contentType: "ce-datacontenttype",
});

/** What is known of an event that is to be published. */
export interface Told {
  readonly publisher: string;
  readonly name: string;
  readonly id: string;
  readonly time: Date;
  readonly subject: string | undefined;
  /** What the body is written in. */
  readonly contentType: string;
}

/**
 * The headers of an event, as CloudEvents' binding for NATS has them in binary mode.
 *
 * The source has the event's name in it: ids are unique for a source, and one may tell two things of one order.
 */
export function writeCloud(told: Told): Headers {
  const { publisher, name, id, time, subject, contentType } = told;
  return [
    [ce.specversion, version],
    [ce.id, escaped(id)],
    [ce.source, `/${publisher}/${name}`],
    [ce.type, `${publisher}.${name}`],
    [ce.time, time.toISOString()],
    [ce.subject, subject === undefined ? undefined : escaped(subject)],
    [ce.contentType, contentType],
  ];
}

/** What its publisher named an event; undefined where that cannot be read. */
export function readEventId(head: string, payload: Uint8Array): string | undefined {
  try {
    return readCloud(head, payload).id;
  } catch {
    // Bytes from anybody: what is no event has no id.
    return undefined;
  }
}

/** Reads an event in either mode; throws `malformed_header` or `malformed_payload` when it is none. */
export function readCloud(head: string, payload: Uint8Array): CloudEvent {
  if (readContentType(head)?.startsWith(structured) === true) return readStructured(payload);
  return new Binary(head, payload);
}

const needles = Object.fromEntries(
  Object.entries(ce).map(([name, header]) => [name, needle(header)]),
) as Readonly<Record<keyof typeof ce, string>>;

/** An event whose attributes are headers: each is read when somebody asks. */
class Binary implements CloudEvent {
  readonly id: string;
  readonly #head: string;
  readonly #payload: Uint8Array;

  constructor(head: string, payload: Uint8Array) {
    const id = attribute(head, needles.id);
    if (id === undefined || id === "")
      throw malformed(`${ce.id} must name the event, it is missing`);
    this.id = id;
    this.#head = head;
    this.#payload = payload;
  }

  get source(): string {
    return attribute(this.#head, needles.source) ?? "";
  }

  get type(): string {
    return attribute(this.#head, needles.type) ?? "";
  }

  get time(): Date | undefined {
    return timeOf(attribute(this.#head, needles.time));
  }

  get subject(): string | undefined {
    return attribute(this.#head, needles.subject);
  }

  get contentType(): string {
    return field(this.#head, needles.contentType) ?? json.contentType;
  }

  get data(): unknown {
    const { contentType } = this;
    if (contentType === json.contentType || isJson(contentType)) return json.decode(this.#payload);
    if (contentType === ContentType.claim) return new ClaimedData(this.#payload);
    throw unsupported(contentType);
  }
}

function readStructured(payload: Uint8Array): CloudEvent {
  const body = json.decode(payload);
  const isObject = typeof body === "object" && body !== null;
  const { id, source, type, time, subject, datacontenttype, data } = (
    isObject ? body : {}
  ) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || id === "" || id.length > maxAttribute) {
    throw new MeshError(MeshCode.MalformedPayload, "a structured event must have an id, as text");
  }
  const contentType = textOf(datacontenttype) ?? json.contentType;
  if (!isJson(contentType)) throw unsupported(contentType);
  return {
    ...{ id, data, contentType },
    source: textOf(source) ?? "",
    type: textOf(type) ?? "",
    time: timeOf(textOf(time)),
    subject: textOf(subject),
  };
}

function attribute(head: string, name: string): string | undefined {
  const value = field(head, name);
  if (value === undefined || !value.includes("%")) return bounded(value);
  try {
    return bounded(decodeURIComponent(value));
  } catch {
    throw malformed(`an attribute is not percent-encoded UTF-8: ${value.slice(0, 80)}`);
  }
}

function bounded(value: string | undefined): string | undefined {
  if (value === undefined || value.length <= maxAttribute) return value;
  throw malformed(`an attribute has ${value.length} characters, at most ${maxAttribute}`);
}

/** What a header cannot carry as it is (HTTP binding 3.1.3.2, to which that for NATS points). */
function escaped(text: string): string {
  return text.replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, encodeURIComponent);
}

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= maxAttribute ? value : undefined;
}

function isJson(contentType: string): boolean {
  return /^(application|text)\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType);
}

function unsupported(contentType: string): MeshError {
  return new MeshError(
    MeshCode.UnsupportedContentType,
    `the event's data is ${contentType.slice(0, 80)}; only JSON is spoken here`,
  );
}

function malformed(detail: string): MeshError {
  return new MeshError(MeshCode.MalformedHeader, detail);
}
