/**
 * Objects that every machine may read: the interface to them, those in a directory, and who
 * provides others.
 */
@NullMarked
package io.warmstart.remote.store;

import org.jspecify.annotations.NullMarked;
