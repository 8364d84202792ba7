/** Errors that the JVM reports later than it has met them. Uses nothing of ours. */
@NullMarked
package io.warmstart.fault;

import org.jspecify.annotations.NullMarked;
