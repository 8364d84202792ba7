/** What grows with the size of a root, and how: measured by real processes, checked as it goes. */
@NullMarked
package io.warmstart.stress.scale;

import org.jspecify.annotations.NullMarked;
