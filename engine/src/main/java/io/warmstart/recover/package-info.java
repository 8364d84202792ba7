/**
 * What writers that died, or never knew our locks, have left: scans, recovery, verification,
 * restoring.
 */
@NullMarked
package io.warmstart.recover;

import org.jspecify.annotations.NullMarked;
