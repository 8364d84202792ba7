@NullMarked
package io.warmstart.stress.fault;

import org.jspecify.annotations.NullMarked;
