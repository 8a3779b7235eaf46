import { Header, isToken } from "@myelin/subjects";
import { codeTable, isMeshCode, MeshCode, MeshError } from "../errors/index.ts";
import { field, headerText, headLine, needle } from "./head.ts";

const lines = {
  from: needle(Header.from),
  frames: needle(Header.frames),
  error: needle(Header.error),
  retryAfter: needle(Header.retryAfter),
  serviceError: needle(Header.serviceError),
  serviceErrorCode: needle(Header.serviceErrorCode),
  contentType: needle(Header.contentType),
};

/** Writes the header blocks of one instance's replies; those of ordinary answers are kept ready by load. */
export class ReplyHeads {
  readonly #from: string;
  readonly #ready = new Map<string, string[]>();

  constructor(instance: string) {
    this.#from = `${headLine}${Header.from}: ${instance} `;
  }

  /** Of an answer, or of a stream's first frame. JSON needs no content type. */
  answer(load: number, contentType: string | undefined): string {
    const key = contentType ?? "";
    let ready = this.#ready.get(key);
    if (ready === undefined) {
      ready = [];
      this.#ready.set(key, ready);
    }
    const kept = ready[load];
    if (kept !== undefined) return kept;
    const type = contentType === undefined ? "" : `${Header.contentType}: ${contentType}\r\n`;
    const block = `${this.#from}${load}\r\n${type}\r\n`;
    if (load < mostReady) ready[load] = block;
    return block;
  }

  /** Of the empty message that ends a stream. */
  end(load: number, frames: number): string {
    return `${this.#from}${load}\r\n${Header.frames}: ${frames}\r\n\r\n`;
  }

  /** Of a refusal or failure: ADR-32 for plain clients, ours beside it. */
  error(load: number, error: MeshError): string {
    let text = `${this.#from}${load}\r\n${Header.error}: ${error.code}\r\n`;
    text += `${Header.serviceErrorCode}: ${codeTable[error.code].status}\r\n`;
    text += `${Header.serviceError}: ${headerText(error.message)}\r\n`;
    if (error.retryAfterMs !== undefined) {
      text += `${Header.retryAfter}: ${Math.ceil(error.retryAfterMs)}\r\n`;
    }
    return Buffer.from(`${text}\r\n`, "utf8").toString("latin1");
  }
}

const mostReady = 256;

/** Whether a block says who answered and nothing else: what an answer in JSON has, when it has headers at all. */
export function isPlainAnswer(head: string): boolean {
  return (
    head.startsWith(plainAnswer) && head.indexOf("\r\n", plainAnswer.length) === head.length - 4
  );
}

const plainAnswer = `${headLine}${Header.from}: `;

/** Whether a reply carries an error, by our header or by ADR-32's. */
export function isErrorHead(head: string): boolean {
  return head.includes(lines.error) || head.includes(lines.serviceErrorCode);
}

/** The error that a reply carries; a responder that knows only ADR-32 is understood by its status. */
export function readError(head: string, body: () => unknown): MeshError {
  const code = readCode(head);
  const said = field(head, lines.serviceError) ?? "the far side gave no reason";
  const detail = said.startsWith(`${code}: `) ? said.slice(code.length + 2) : said;
  const retryAfter = Number(field(head, lines.retryAfter) ?? Number.NaN);
  const domain = code === MeshCode.DomainError ? readDomain(body()) : undefined;
  return new MeshError(code, Buffer.from(detail, "latin1").toString("utf8"), {
    origin: "peer",
    ...(retryAfter >= 0 && retryAfter <= mostRetryAfterMs ? { retryAfterMs: retryAfter } : {}),
    ...(domain === undefined ? {} : { domain }),
  });
}

const mostRetryAfterMs = 3_600_000;

/** Who answered and how loaded it is, where the reply says so in a form that can be believed. */
export function readFrom(
  head: string,
): { readonly instance: string; readonly load: number } | undefined {
  const text = field(head, lines.from);
  const space = text?.indexOf(" ") ?? -1;
  if (text === undefined || space <= 0) return undefined;
  const instance = text.slice(0, space);
  const load = Number(text.slice(space + 1));
  // The name goes into subjects, and comes from whoever answered.
  return isToken(instance) && Number.isInteger(load) && load >= 0 ? { instance, load } : undefined;
}

/** How many frames the stream that ends here had; undefined when this is not an end. */
export function readFrames(head: string): number | undefined {
  const text = field(head, lines.frames);
  return text === undefined ? undefined : Number(text);
}

/** What a payload is written in, in small letters; undefined where the headers do not say. */
export function readContentType(head: string): string | undefined {
  return field(head, lines.contentType)?.toLowerCase();
}

function readCode(head: string): MeshCode {
  const ours = field(head, lines.error);
  if (ours !== undefined && isMeshCode(ours)) return ours;
  const status = Number(field(head, lines.serviceErrorCode));
  return byStatus[status] ?? MeshCode.HandlerFailed;
}

const byStatus: Readonly<Record<number, MeshCode>> = {
  400: MeshCode.InvalidInput,
  403: MeshCode.PermissionDenied,
  404: MeshCode.UnknownSkill,
  413: MeshCode.PayloadTooLarge,
  415: MeshCode.UnsupportedContentType,
  429: MeshCode.Overloaded,
  503: MeshCode.Unavailable,
  504: MeshCode.DeadlineExceeded,
};

/** Name and data of a domain error, from a value that came over the wire. */
export function readDomain(body: unknown): { name: string; data: unknown } | undefined {
  if (typeof body !== "object" || body === null || !("name" in body)) return undefined;
  const { name } = body;
  return typeof name === "string"
    ? { name, data: "data" in body ? body.data : undefined }
    : undefined;
}
