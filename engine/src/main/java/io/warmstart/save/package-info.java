/** How a version becomes durable and visible, and how an access stamp gets into a manifest. */
@NullMarked
package io.warmstart.save;

import org.jspecify.annotations.NullMarked;
