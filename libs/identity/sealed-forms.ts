import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { type Box, parsed, unbelieved } from "./sealed-box.ts";

/** How a value is written; the pipeline's Codec is one. */
export interface Form {
  readonly contentType: string;
  encode(value: unknown): Uint8Array;
  decode(payload: Uint8Array): unknown;
}

/** How the input and the answer of a skill are written before they are sealed. */
export interface PlainForms {
  readonly request: Form;
  readonly response: Form;
}

/** What an exchange is about. It is sealed with the payload, so that nobody sends that on as something else. */
export interface About {
  readonly caller: string;
  /** `<agent>.<skill>`. */
  readonly key: string;
  /** The call's id. */
  readonly id: string;
}

const label = "mesh.sealed.1";

/** The caller's side of one attempt: seals the input for one instance, opens what that instance answers. */
export class CallerForms {
  readonly request: Form;
  /** Of the answer, or of each frame in its turn. */
  readonly response: Form & { readonly failure: Form };
  #opened = 0;

  /** `tag` binds the answer to this attempt: random, and known to nobody else. */
  constructor(box: Box, about: About, plain: PlainForms, tag: string) {
    const { contentType } = plain.request;
    const head = [label, "request", about.caller, about.key, about.id, contentType, tag];
    this.request = {
      contentType: `${ContentType.sealed}; key=${box.ownKey}`,
      encode: (value) => box.seal(head, plain.request.encode(value)),
      decode: oneWay,
    };
    const failure: Form = {
      contentType: ContentType.sealed,
      encode: oneWay,
      decode: (payload) => parsed(box.open(failureHead(tag), payload)),
    };
    this.response = {
      contentType: ContentType.sealed,
      encode: oneWay,
      decode: (payload) => plain.response.decode(box.open(frameHead(tag, this.#opened++), payload)),
      failure,
    };
  }

  /** Answers and frames that were sealed for this attempt; an answer in the clear is none of them. */
  get opened(): number {
    return this.#opened;
  }
}

/** The callee's side of one request: opens the input, seals the answer for who asked. */
export class CalleeForms implements Form {
  readonly contentType = ContentType.sealed;
  readonly answer: Form;
  readonly #box: Box;
  readonly #about: About;
  readonly #plain: (contentType: string) => PlainForms | undefined;
  #open: { readonly tag: string; readonly plain: PlainForms } | undefined;
  #frames = 0;

  constructor(box: Box, about: About, plain: (contentType: string) => PlainForms | undefined) {
    this.#box = box;
    this.#about = about;
    this.#plain = plain;
    this.answer = {
      contentType: ContentType.sealed,
      encode: (value) => this.#seal(value),
      decode: oneWay,
    };
  }

  /** How an error is written, once the request has been opened; before that there is nothing to hide. */
  get failure(): Form | undefined {
    if (this.#open === undefined) return undefined;
    const head = failureHead(this.#open.tag);
    return {
      contentType: ContentType.sealed,
      encode: (value) => this.#box.seal(head, Buffer.from(JSON.stringify(value) ?? "")),
      decode: oneWay,
    };
  }

  encode(): never {
    return oneWay();
  }

  decode(payload: Uint8Array): unknown {
    const { head, rest } = this.#box.read(payload);
    const [first, part, caller, key, id, contentType, tag] = head;
    if (first !== label || part !== "request" || typeof tag !== "string") {
      throw unbelieved("what is sealed is no request");
    }
    const about = this.#about;
    if (caller !== about.caller)
      throw unbelieved(`it was sealed by ${text(caller)}, ${about.caller} sent it`);
    if (key !== about.key) throw unbelieved(`it was sealed for ${text(key)}, not for ${about.key}`);
    if (id !== about.id)
      throw unbelieved(`it was sealed for the call ${text(id)}, not ${about.id}`);
    const plain = typeof contentType === "string" ? this.#plain(contentType) : undefined;
    if (plain === undefined) throw unbelieved(`${text(contentType)} is not spoken by ${about.key}`);
    this.#open = { tag, plain };
    return plain.request.decode(rest);
  }

  #seal(value: unknown): Uint8Array {
    if (this.#open === undefined) throw unbelieved("its request was never opened");
    const { tag, plain } = this.#open;
    return this.#box.seal(frameHead(tag, this.#frames++), plain.response.encode(value));
  }
}

function frameHead(tag: string, index: number): readonly unknown[] {
  return [label, "frame", tag, index];
}

function failureHead(tag: string): readonly unknown[] {
  return [label, "failure", tag];
}

function oneWay(): never {
  throw new MeshError(MeshCode.Internal, "a sealed form is used the wrong way round");
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 80);
}
