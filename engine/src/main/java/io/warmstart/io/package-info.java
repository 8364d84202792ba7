/**
 * How bytes become durable: the one seam through which the engine touches the file system, and the
 * one place where faults are injected. Depends on nothing else of the engine.
 */
@NullMarked
package io.warmstart.io;

import org.jspecify.annotations.NullMarked;
