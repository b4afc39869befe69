"""The registries of Waha's agencies as data services: mapping files, and one small write service.

The mapping files are read by ``taysir.dataservice`` as those of any agency would be; only
``renewals`` is code of the Traffic Directorate's own system.
"""
