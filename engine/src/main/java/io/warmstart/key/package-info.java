/**
 * One key under its lock: taken with the duty to mend what a dead holder has left, changed,
 * counted, and recorded in the index.
 */
@NullMarked
package io.warmstart.key;

import org.jspecify.annotations.NullMarked;
