/**
 * The tables of the index as they lie in its files: segments of slots for keys and for entries,
 * what is counted for each stripe, and the order in which entries are evicted. Who may change them,
 * and when a process believes them, is the business of the package above.
 */
@NullMarked
package io.warmstart.index.table;

import org.jspecify.annotations.NullMarked;
