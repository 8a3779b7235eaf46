import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MeshCode, MeshError } from "../errors/index.ts";
import { checkNumber } from "../pipeline/index.ts";
import { within } from "./within.ts";

/** What is shown at `/metrics`; a prom-client registry is one. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface ProgramServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on; in a container `0.0.0.0`. Default: 127.0.0.1. */
  readonly host?: string;
  /** A connection or an agent: its metrics are shown, and the program is ready while it is up. Default: none. */
  readonly mesh?: MeshPart;
  /** Default: the mesh's. */
  readonly registry?: MetricsSource;
  /** Whether the program is alive; when not, it should be restarted. Default: it is while it answers. */
  readonly live?: Check;
  /** Whether the program can do its work now. Default: while the mesh is up. */
  readonly ready?: Check;
}

export type Check = () => boolean | Promise<boolean>;

/** What the server needs of a connection. */
export interface MeshPart {
  readonly isUp: boolean;
  /** Why it is not up, for people. Default: nothing is said. */
  readonly whyDown?: string | undefined;
  readonly metrics: { readonly registry: MetricsSource };
}

export interface ProgramServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Takes nothing new, lets what runs end for a second, and closes. */
  close(): Promise<void>;
}

/** Longest that a probe or a scrape may take, in milliseconds. */
const answerMs = 5_000;
const graceMs = 1_000;

/** Serves `/metrics`, `/livez` and `/readyz` for the machines that look after a program. */
export async function programServer(options: ProgramServerOptions): Promise<ProgramServer> {
  const { port, host = "127.0.0.1" } = options;
  checkNumber("programServer.port", port, { min: 0, max: 65_535, whole: true });
  const pages = pagesOf(options);
  const server = createServer(
    { maxHeaderSize: 8_192, requestTimeout: answerMs, headersTimeout: answerMs },
    (request, response) => void answer(pages, request, response),
  );
  server.maxConnections = 64;
  server.keepAliveTimeout = answerMs;
  await listen(server, port, host);
  return new Running(server, host);
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Pages = Readonly<Record<string, () => Promise<Page>>>;

function pagesOf({ mesh, registry, live, ready }: ProgramServerOptions): Pages {
  const source = registry ?? mesh?.metrics.registry;
  const isLive = live ?? (() => true);
  const isReady = ready ?? (() => mesh?.isUp ?? true);
  return {
    "/livez": () => probe("live", isLive, () => undefined),
    "/readyz": () => probe("ready", isReady, () => mesh?.whyDown),
    ...(source === undefined ? {} : { "/metrics": () => scrape(source) }),
  };
}

async function probe(what: string, check: Check, why: () => string | undefined): Promise<Page> {
  try {
    if (await within(answerMs, what, check)) return text(200, what);
  } catch {
    // A check that throws or hangs says the same as one that says no.
  }
  const reason = why();
  return text(503, reason === undefined ? `not ${what}` : `not ${what}: ${reason}`);
}

async function scrape(source: MetricsSource): Promise<Page> {
  try {
    const body = await within(answerMs, "metrics", () => source.metrics());
    return { status: 200, type: source.contentType, body };
  } catch {
    return text(500, "the metrics cannot be read");
  }
}

async function answer(
  pages: Pages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await pageFor(pages, request);
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
  // A body is not asked for and not waited for.
  request.resume();
}

async function pageFor(pages: Pages, { method, url = "" }: IncomingMessage): Promise<Page> {
  const path = url.split("?", 1)[0] ?? "";
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) {
    return text(404, `there is ${Object.keys(pages).join(", ")}`);
  }
  return method === "GET" || method === "HEAD" ? page() : text(405, "only GET and HEAD");
}

function text(status: number, line: string): Page {
  return { status, type: "text/plain; charset=utf-8", body: `${line}\n` };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        new MeshError(
          MeshCode.InvalidArgument,
          `programServer cannot listen on ${host}:${port}: ${error.message}`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

class Running implements ProgramServer {
  readonly port: number;
  readonly url: string;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  constructor(server: Server, host: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }
}
