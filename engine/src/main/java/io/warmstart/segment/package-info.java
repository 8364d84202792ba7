/**
 * A segment of the journal: what lies where in its file, how records are written, found again and
 * synced. Whose a segment is, and what becomes of its records, is the journal's business.
 */
@NullMarked
package io.warmstart.segment;

import org.jspecify.annotations.NullMarked;
