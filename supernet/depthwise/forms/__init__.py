"""The forms of depthwise convolution by name; one that is registered here gets its tests and is measured."""

from collections.abc import Mapping
from types import MappingProxyType

from supernet.depthwise.forms._form import PASSES, Form, Pass
from supernet.depthwise.forms.fourier import Fourier
from supernet.depthwise.forms.rows import Rows
from supernet.depthwise.forms.stock import Native, Stock
from supernet.depthwise.forms.vector import Vector

FORMS: Mapping[str, Form] = MappingProxyType(
    {form.name: form for form in (Stock(), Native(), Rows(), Fourier(), Vector())}
)

__all__ = ["FORMS", "PASSES", "Form", "Pass"]
