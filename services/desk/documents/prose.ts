import { lexer, type Token, type Tokens } from "marked";
import { maxTextLength } from "../contracts/limits.ts";

/** What people read of a document. */
export interface Prose {
  /** Its first heading of the first level; empty when there is none. */
  readonly title: string;
  /** Its paragraphs and lists, without markup, code and tables. */
  readonly text: string;
}

const longestTitle = 200;

/** Takes the prose out of Markdown; plain text is Markdown enough. */
export function prose(markdown: string): Prose {
  const tokens = lexer(markdown);
  const heading = tokens.find(isTitle);
  const title = oneLine(heading === undefined ? "" : textOf(heading)).slice(0, longestTitle);
  const text = blocksOf(tokens).map(closed).join("\n\n");
  // A document of nothing but code and tables is still about something.
  // Closing thousands of tiny blocks makes the text longer than the document was.
  return { title, text: (text === "" ? oneLine(markdown) : text).slice(0, maxTextLength) };
}

function isTitle(token: Token): boolean {
  return token.type === "heading" && (token as Tokens.Heading).depth === 1;
}

/** Each paragraph and each list item, on one line. */
function blocksOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => {
    switch (token.type) {
      case "paragraph":
      case "text":
        return [oneLine(textOf(token))].filter((block) => block !== "");
      case "list":
        return (token as Tokens.List).items.flatMap((item) => blocksOf(item.tokens));
      case "blockquote":
        return blocksOf((token as Tokens.Blockquote).tokens);
      default:
        return [];
    }
  });
}

function textOf(token: Token): string {
  switch (token.type) {
    case "image":
    case "html":
      return "";
    case "codespan":
    case "escape":
      return decoded(token.text as string);
    case "br":
      return " ";
  }
  if ("tokens" in token && token.tokens !== undefined) return token.tokens.map(textOf).join("");
  return "text" in token ? withoutAddresses(decoded(token.text as string)) : "";
}

function withoutAddresses(text: string): string {
  return text.replaceAll(/\bhttps?:\/\/\S+/g, "");
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
};

function decoded(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity);
}

/** A block that ends no sentence would run into the next one. */
function closed(block: string): string {
  return /[.!?:;…]["')\]]*$/.test(block) ? block : `${block}.`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
