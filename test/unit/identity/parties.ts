import {
  createKey,
  issueAccount,
  issueUser,
  type Key,
  type Scope,
  type Signer,
  type Trust,
} from "../../../libs/identity/index.ts";

/** What a party is; everything else is usual. */
export interface PartyOptions {
  readonly role?: string;
  readonly skills?: readonly string[];
  readonly vouches?: boolean;
}

/** Names of one workspace with their credentials, and the trust that their words are judged by. */
export class Parties implements Trust {
  readonly #signing = createKey("operator");
  readonly #account = createKey("account");
  readonly #scopes = new Map<string, Key>();
  readonly #options: Readonly<Record<string, PartyOptions>>;
  #revocations: Readonly<Record<string, Date>> = {};
  #jwt: string | undefined;
  operatorKeys: readonly string[] = [this.#signing.publicKey];
  /** How often the account's JWT was asked for. */
  asked = 0;

  constructor(options: Readonly<Record<string, PartyOptions>>) {
    this.#options = options;
    for (const name of Object.keys(options)) this.#scopes.set(name, createKey("account"));
  }

  get account(): string {
    return this.#account.publicKey;
  }

  async accountJwt(account: string): Promise<string | undefined> {
    this.asked++;
    if (account !== this.account) return undefined;
    this.#jwt ??= await issueAccount({
      name: "desk",
      account,
      signer: this.#signing,
      scopes: [...this.#scopes].map(([name, key]) => this.#scope(name, key)),
      exports: [],
      imports: [],
      jetstream: false,
      revocations: this.#revocations,
    });
    return this.#jwt;
  }

  /** Credentials under a name, signed with that party's key. */
  async signer(party: string, name = party, expiresAt?: Date): Promise<Signer> {
    const key = createKey("user");
    const jwt = await issueUser({
      name,
      user: key.publicKey,
      account: this.account,
      signer: this.#scopes.get(party) ?? createKey("account"),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    return { jwt, key };
  }

  /** From then on what was issued to this user up to then is void. */
  revoke({ key }: Signer, at: Date): void {
    this.#revocations = { ...this.#revocations, [key.publicKey]: at };
    this.#jwt = undefined;
  }

  #scope(name: string, key: Key): Scope {
    const { role = `agent:${name}`, skills = [], vouches = false } = this.#options[name] ?? {};
    const permissions = { publish: ["_INBOX.>"], subscribe: ["_INBOX.>"] };
    return { key: key.publicKey, role, skills, vouches, permissions };
  }
}
