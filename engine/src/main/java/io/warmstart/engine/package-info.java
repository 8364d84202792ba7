/**
 * Wiring: the parts of a root, who shares them in this JVM, where they lie, and what runs in the
 * background.
 */
@NullMarked
package io.warmstart.engine;

import org.jspecify.annotations.NullMarked;
