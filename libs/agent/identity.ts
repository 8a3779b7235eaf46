import { Metadata, parseForeignName } from "@myelin/subjects";
import { Cards, PublishedTrust, type VerifyCard } from "../discovery/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import {
  CardCheck,
  type CardDocument,
  handOn,
  OnBehalfCheck,
  operatorKeys,
  type Signer,
  signCard,
  type Trust,
  vouch,
} from "../identity/index.ts";
import type { CardSigner, Inbound, Link } from "../nats/index.ts";
import type { Clock, OnBehalf } from "../pipeline/index.ts";
import type { OnBehalfOf } from "./client.ts";
import { Neighbours } from "./neighbours.ts";
import { Sealing } from "./sealing.ts";

export interface IdentityParts {
  readonly name: string;
  readonly link: Link;
  readonly clock: Clock;
  readonly trust: Trust | undefined;
  readonly ask: (subject: string, onReply: (message: Inbound) => void) => () => void;
  /** Counts a card that is not believed. */
  readonly refused: (reason: string) => void;
  /** Tells people what is wrong on this side. */
  readonly warn: (trouble: MeshError) => void;
}

/** Who judges by one trust. */
interface Judging {
  readonly trust: Trust;
  readonly cards: CardCheck;
  readonly tokens: OnBehalfCheck;
}

/** Who this connection is, to others, and how it judges who they are. Makes nothing until it is used. */
export class Identity {
  readonly sealing: Sealing;
  readonly cards: Cards;
  readonly neighbours: Neighbours;
  readonly #parts: IdentityParts;
  #published: PublishedTrust | undefined;
  #judging: Judging | undefined;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    this.sealing = new Sealing(() => this.#signer);
    const { clock, ask, refused } = parts;
    this.cards = new Cards({ clock, ask, refused, verify: this.verifyCard });
    const { name, link } = parts;
    this.neighbours = new Neighbours({ name, link, trust: () => parts.trust ?? this.#trust() });
  }

  /** Judges a card; undefined where there is no operator to trust. */
  readonly verifyCard: VerifyCard = (document: CardDocument) =>
    this.#judge()?.cards.verify(document, new Date(), this.#parts.link.credentials?.account);

  /** On whose behalf a caller asks; throws `permission_denied` with the reason. */
  readonly verifyToken = async (token: string, caller: string): Promise<OnBehalf> => {
    const judging = this.#judge();
    if (judging !== undefined) {
      const { name, link } = this.#parts;
      const between = { self: name, caller, account: link.credentials?.account };
      return judging.tokens.verify(token, between, new Date());
    }
    throw new MeshError(
      MeshCode.PermissionDenied,
      `${caller} speaks for an end user, which cannot be verified here: ${this.#parts.name} knows no operator to trust; connect it with credentials`,
    );
  };

  /** The token of a call to an agent: a new one, or the one that came in, handed on. */
  readonly attach = (
    to: string,
    asked: OnBehalfOf | undefined,
    inherited: OnBehalf | undefined,
  ): string => {
    const signer = this.#signer;
    if (parseForeignName(to) !== undefined) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        `onBehalfOf stays within a workspace, so a call to ${to} cannot have it; tell what the other side needs as input`,
      );
    }
    if (signer === undefined) {
      throw new MeshError(
        MeshCode.PermissionDenied,
        `a call to ${to} on an end user's behalf is signed, and ${this.#parts.name} has no credentials to sign with`,
      );
    }
    if (asked !== undefined && "user" in asked) return vouch(asked, to, new Date(), signer);
    if (inherited !== undefined) return handOn(inherited, asked?.scopes, to, new Date(), signer);
    throw new MeshError(
      MeshCode.InvalidArgument,
      "onBehalfOf.scopes narrows what came in, and nothing did; name a user, too",
    );
  };

  /** Signs what INFO answers, and names the key that is sealed for this instance. */
  get cardSigner(): CardSigner {
    const signer = (): Signer | undefined => this.#signer;
    const { sealing } = this;
    return {
      get current() {
        return signer();
      },
      sign(document) {
        const by = signer();
        if (by === undefined) return document;
        const metadata = {
          ...(document["metadata"] as object),
          [Metadata.sealingKey]: sealing.key,
        };
        const card = { ...document, metadata };
        return { ...card, metadata: { ...metadata, ...signCard(card, new Date(), by) } };
      },
    };
  }

  /** What others are judged by; undefined where there is no operator to trust. */
  get trust(): Trust | undefined {
    return this.#parts.trust ?? this.#trust();
  }

  /** Who signs for this connection; undefined without credentials. */
  get signer(): Signer | undefined {
    return this.#signer;
  }

  stop(): void {
    this.#published?.stop();
  }

  get #signer(): Signer | undefined {
    return this.#parts.link.credentials;
  }

  #judge(): Judging | undefined {
    const { trust } = this;
    if (trust === undefined) return undefined;
    if (this.#judging?.trust !== trust) {
      this.#judging = { trust, cards: new CardCheck(trust), tokens: new OnBehalfCheck(trust) };
    }
    return this.#judging;
  }

  /** The operator whose JWT lies beside the credentials. */
  #trust(): Trust | undefined {
    if (this.#published !== undefined) return this.#published;
    const { link, clock, ask } = this.#parts;
    const { operatorJwt } = link;
    if (operatorJwt === undefined) return undefined;
    const operatorKeys = this.#keysOf(operatorJwt);
    this.#published = new PublishedTrust({ link, clock, ask, operatorKeys });
    return this.#published;
  }

  /** None where the JWT is no operator's: who cannot judge must not believe. */
  #keysOf(operatorJwt: string): readonly string[] {
    try {
      return operatorKeys(operatorJwt);
    } catch (error) {
      const { code, detail } = MeshError.from(error);
      const what = "the operator.jwt beside the credentials cannot be used, so nobody is believed";
      this.#parts.warn(new MeshError(code, `${what}: ${detail}`));
      return [];
    }
  }
}
