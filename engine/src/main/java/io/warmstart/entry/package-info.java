/**
 * Pairs of payload and manifest: staging and publishing, reading, removing, mending, setting aside.
 */
@NullMarked
package io.warmstart.entry;

import org.jspecify.annotations.NullMarked;
