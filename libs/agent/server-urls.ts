/** Where servers are, and the login that one of the URLs held. */
export interface ServerUrls {
  /** URLs without a login, fit to be shown. */
  readonly servers: readonly string[];
  readonly nats?: Login;
}

export type Login = { readonly user: string; readonly pass: string } | { readonly token: string };

/** Reads URLs with commas between them. */
export function readUrls(urls: string): ServerUrls {
  const parts = urls
    .split(",")
    .map((url) => /^(\w+:\/\/)?(?:([^@/]*)@)?(.*)$/.exec(url.trim()) ?? [])
    .filter(([url]) => url !== undefined && url !== "");
  const servers = parts.map(([, scheme = "", , host = ""]) => scheme + host);
  const login = parts.find(([, , found]) => found !== undefined)?.[2];
  return { servers, ...(login === undefined ? {} : { nats: loginOf(login) }) };
}

function loginOf(text: string): Login {
  const colon = text.indexOf(":");
  if (colon < 0) return { token: decoded(text) };
  return { user: decoded(text.slice(0, colon)), pass: decoded(text.slice(colon + 1)) };
}

/** Percent signs of a URL; a password that was not encoded stands as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is part of the password then.
    return text;
  }
}
