import { parseForeignName } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { SharedCallCheck, signSharedCall, type Trust } from "../identity/index.ts";
import type { Link } from "../nats/index.ts";
import type {
  ForeignClaim,
  ForeignLetter,
  SignForeign,
  VerifyForeign,
} from "../transport/index.ts";
import { type ForeignProof, json } from "../wire/index.ts";

export interface NeighboursParts {
  readonly name: string;
  readonly link: Pick<Link, "credentials">;
  /** What others are judged by; undefined where there is no operator to trust. */
  readonly trust: () => Trust | undefined;
}

/** Calls between workspaces: signs ours, judges theirs. Makes nothing until it is used. */
export class Neighbours {
  readonly #parts: NeighboursParts;
  #check: { readonly trust: Trust; readonly calls: SharedCallCheck } | undefined;

  constructor(parts: NeighboursParts) {
    this.#parts = parts;
  }

  readonly sign: SignForeign = ({
    call,
    token,
    route,
    payload,
    leftMs,
  }: ForeignLetter): ForeignProof => {
    const { operation, id } = call;
    const signer = this.#parts.link.credentials;
    const target = parseForeignName(operation.agent);
    if (signer === undefined || target === undefined) throw this.#unsigned(operation.key);
    const letter = {
      account: signer.account,
      caller: this.#parts.name,
      agent: target.agent,
      skill: operation.skill,
      ...{ route, id, token },
      contentType: operation.request === json ? json.contentType : operation.request.contentType,
      body: typeof payload === "string" ? Buffer.from(payload) : payload,
    };
    const terms = { workspace: target.workspace, now: new Date(), lifeMs: leftMs };
    return { token, ...signSharedCall(letter, terms, signer) };
  };

  readonly verify: VerifyForeign = async (claim: ForeignClaim): Promise<string> => {
    const own = this.#parts.link.credentials?.account;
    const trust = this.#parts.trust();
    if (own === undefined || trust === undefined) throw this.#unverified(claim);
    if (this.#check?.trust !== trust) this.#check = { trust, calls: new SharedCallCheck(trust) };
    const { workspace } = await this.#check.calls.verify(claim, own, new Date());
    return workspace;
  };

  #unsigned(key: string): MeshError {
    return new MeshError(
      MeshCode.PermissionDenied,
      `a call to ${key} is signed, and ${this.#parts.name} has no credentials to sign with`,
    );
  }

  #unverified({ agent, caller }: ForeignClaim): MeshError {
    return new MeshError(
      MeshCode.PermissionDenied,
      `${caller} of another workspace cannot be verified: ${agent} knows no operator to trust; connect it with credentials`,
    );
  }
}
