/**
 * One fit at a time against the store: the keys, the resuming and seeding of a fit, and what a
 * worker process tells its coordinator.
 */
@NullMarked
package io.warmstart.stress.cv.work;

import org.jspecify.annotations.NullMarked;
