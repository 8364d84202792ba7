/**
 * What the engine needs of the JVM: threads that end with it, work on several of them, waits that
 * an interrupt does not cut off, its log. Knows nothing of files.
 */
@NullMarked
package io.warmstart.runtime;

import org.jspecify.annotations.NullMarked;
