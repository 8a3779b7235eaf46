import assert from "node:assert/strict";
import { isMeshError, type MeshCode, MeshError } from "../../../libs/errors/index.ts";
import {
  type AccountOptions,
  type ChainLinks,
  createKey,
  issueAccount,
  issueOperator,
  issueUser,
  judgeChain,
  type Key,
  openChain,
  type Scope,
  type UserOptions,
  type Verified,
} from "../../../libs/identity/index.ts";

/** An operator, an account and the key of one agent, with what they sign; each JWT may be bent. */
export class Issuer {
  readonly operator = createKey("operator");
  readonly signing = createKey("operator");
  readonly system = createKey("account");
  readonly account = createKey("account");
  readonly agent = createKey("account");
  readonly operatorKeys: readonly string[] = [this.operator.publicKey, this.signing.publicKey];

  get scope(): Scope {
    return {
      key: this.agent.publicKey,
      role: "agent:summarizer",
      skills: ["condense", "shorten"],
      vouches: true,
      permissions: {
        publish: ["_INBOX.>", "mesh.presence.summarizer.*"],
        subscribe: ["mesh.call.summarizer.>"],
      },
    };
  }

  operatorJwt(): Promise<string> {
    const { operator, signing, system } = this;
    return issueOperator({
      name: "myelin",
      operator,
      signing: signing.publicKey,
      systemAccount: system.publicKey,
    });
  }

  accountJwt(change: Partial<AccountOptions> = {}): Promise<string> {
    return issueAccount({
      name: "desk",
      account: this.account.publicKey,
      signer: this.signing,
      scopes: [this.scope],
      exports: [],
      imports: [],
      jetstream: false,
      revocations: {},
      ...change,
    });
  }

  userJwt(user: Key, change: Partial<UserOptions> = {}): Promise<string> {
    return issueUser({
      name: "summarizer",
      user: user.publicKey,
      account: this.account.publicKey,
      signer: this.agent,
      ...change,
    });
  }
}

type Body = Record<string, unknown> & { nats: Record<string, unknown> };

/** The same JWT with its body changed, signed again by a key of the forger's choice. */
export function forge(jwt: string, signer: Key, change: (body: Body) => void): string {
  const [head = "", body = ""] = jwt.split(".");
  const read: Body = JSON.parse(Buffer.from(body, "base64url").toString());
  read["iss"] = signer.publicKey;
  change(read);
  return signed(head, Buffer.from(JSON.stringify(read)).toString("base64url"), signer);
}

/** Three parts, properly signed whatever they hold. */
export function signed(head: string, body: string, signer: Key): string {
  const signature = signer.sign(Buffer.from(`${head}.${body}`));
  return `${head}.${body}.${Buffer.from(signature).toString("base64url")}`;
}

/** Runs something that must be refused with this code, in words that hold all of these. */
export function refuses(code: MeshCode, words: readonly string[], run: () => unknown): void {
  assert.throws(run, (error: unknown) => told(error, code, words));
}

/** As `refuses`, for what answers later. */
export async function rejects(
  code: MeshCode,
  words: readonly string[],
  run: () => Promise<unknown>,
): Promise<void> {
  await assert.rejects(run, (error: unknown) => told(error, code, words));
}

/** Who speaks at a time, by a chain that is opened and judged at once. */
export function verifyChain(links: ChainLinks, at: Date): Verified {
  return judgeChain(openChain(links), at);
}

/** Whether something returns or throws a MeshError; anything else it throws comes out. */
export function behaves(run: () => unknown): boolean {
  try {
    run();
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
  }
  return true;
}

function told(error: unknown, code: MeshCode, words: readonly string[]): boolean {
  assert.ok(isMeshError(error, code), `${String(error)} is not ${code}`);
  for (const word of words)
    assert.ok(error.message.includes(word), `"${error.message}" lacks "${word}"`);
  return true;
}
