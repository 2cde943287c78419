"""scikit-learn's estimator contract, kept without importing scikit-learn, so that a cold prediction starts fast."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from sklearn.utils import Tags


class Estimator:
    """Base class with scikit-learn's parameter handling: the constructor stores, ``clone`` and pipelines work.

    Examples
    --------
    >>> from classify.features.vectorizer import TfidfVectorizer
    >>> TfidfVectorizer(min_df=2).get_params()["min_df"]
    2
    """

    _estimator_type: str | None = None

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Map each constructor parameter to its default."""
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {p.name: p.default for p in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's parameters; `deep` is accepted for the contract and has no effect."""
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self, **params: Any) -> Self:  # noqa: ANN401 (any parameter)
        """Set parameters by name; raise a ValueError for a name that the constructor does not have."""
        for name, value in params.items():
            if name not in self._defaults():
                raise ValueError(
                    f"Invalid parameter {name!r} for {type(self).__name__}; expected one of {sorted(self._defaults())}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the parameters that differ from their defaults."""
        changed = {k: v for k, v in self.get_params().items() if v != self._defaults()[k]}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the parameters that differ from their defaults, and what was learned."""
        from classify.core.notebook import facts_html

        changed = ((name, repr(value)) for name, value in self.get_params().items() if value != self._defaults()[name])
        learned = self._learned() if self.__sklearn_is_fitted__() else [("fitted", "no")]
        return facts_html(type(self).__name__, [*changed, *learned])

    def _learned(self) -> list[tuple[str, object]]:
        """List what was learned, for people."""
        return [("fitted", "yes")]

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a learned attribute, whose name ends in an underscore."""
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def __sklearn_tags__(self) -> Tags:
        """Describe the estimator to scikit-learn: one-dimensional text in, no numbers."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags, TransformerTags

        kind = self._estimator_type
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=kind == "classifier"),
            transformer_tags=TransformerTags() if hasattr(self, "transform") else None,
            classifier_tags=ClassifierTags() if kind == "classifier" else None,
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
        )


def check_fitted(estimator: Estimator) -> None:
    """Raise scikit-learn's NotFittedError for an estimator that has not been fitted."""
    if not estimator.__sklearn_is_fitted__():
        from sklearn.exceptions import NotFittedError

        raise NotFittedError(f"This {type(estimator).__name__} has not been fitted; call fit before using it")
