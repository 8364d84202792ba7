/**
 * What lies where in the files that processes map, and how their words are read where a page may be
 * gone. Whole longs only, and no atomic read-modify-write: see {@link
 * io.warmstart.mapped.MappedFaults}.
 */
@NullMarked
package io.warmstart.mapped;

import org.jspecify.annotations.NullMarked;
