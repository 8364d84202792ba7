/** A store's counters and sizes as meters of Micrometer; the only package that sees its types. */
@NullMarked
package io.warmstart.micrometer;

import org.jspecify.annotations.NullMarked;
