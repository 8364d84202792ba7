package io.warmstart.journal;

/** A save that lies in the journal, and is to be acknowledged or revoked. */
public sealed interface Appended permits Pending {}
