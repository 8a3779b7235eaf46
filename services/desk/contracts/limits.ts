/** Longest document, in bytes; what is longer is cut there, and the digest says so. */
export const maxDocumentBytes = 65_536;

/** Longest text that crosses the mesh, in characters: a document has at most one per byte. */
export const maxTextLength = maxDocumentBytes;

/** Longest path of a document, in characters: Linux's own limit. */
export const maxPathLength = 4_096;

/** Longest summary that a reviewer is asked about, in characters; a model may write more than it was asked for. */
export const maxSummaryLength = 16_384;

/** Most key terms of a document. */
export const maxTerms = 20;
