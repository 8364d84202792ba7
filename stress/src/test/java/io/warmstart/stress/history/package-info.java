@NullMarked
package io.warmstart.stress.history;

import org.jspecify.annotations.NullMarked;
